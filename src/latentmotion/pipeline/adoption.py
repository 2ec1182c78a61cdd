"""Whether an output that came with a clone still holds, so that nothing is trained or rendered again for it.

Records and published reports are in git, the trained runs behind them are not, and Snakemake's memory does not travel
with a clone. An output is adopted when it is first seen in a checkout and its record holds the settings that are
planned today. It stays adopted while its record, these settings and its code stay as they were.
"""

import json
from collections.abc import Callable
from pathlib import Path

from latentmotion.config import catalogue, paths
from latentmotion.config.schema import Params
from latentmotion.config.settings import (
    evaluation_settings,
    judge_settings,
    prepare_settings,
    report_settings,
    training_settings,
    video_judge_settings,
)
from latentmotion.core.evidence import evidence
from latentmotion.core.files import file_digest, write_atomic
from latentmotion.core.source_code import constant, modules
from latentmotion.pipeline.fingerprints import evaluation_code, report_code

MARKS = Path("state/adopted")


def adopted_evaluation(params: Params, run: catalogue.Run) -> bool:
    """Whether the record of a run, or of a dataset's real sequences, stands for a run that is not in this checkout."""
    trained = run.model != catalogue.REAL
    here = trained and Path(paths.run_folder(params, run), "weights.safetensors").is_file()
    code = evaluation_code(params, run.model)
    return _adopted(paths.record(params, run), code, here, trained, lambda found: evaluation_holds(params, run, found))


def evaluation_holds(params: Params, run: catalogue.Run, record: dict) -> bool:
    """Whether a record was made with every setting that is planned: of data, judges, training and evaluation.

    It must also have considered every protocol that there is for its dataset.
    """
    name = catalogue.dataset_name(run.dataset)
    if run.model != catalogue.REAL and record["training"]["settings"] != _plain(
        training_settings(params, run.model, run.dataset)
    ):
        return False
    labels = set(catalogue.judged_labels(params, run.dataset))
    judge = _plain(judge_settings(params, run.dataset)) if labels else None
    networks = record.get("video_networks", {})
    return (
        record["settings"] == _plain(evaluation_settings(params, run.dataset, run.seed))
        and record["data_settings"] == _plain(prepare_settings(params, run.dataset))
        and set(record["judges"]) == labels
        and all(card["settings"] == judge for card in record["judges"].values())
        and ("fvd-judge" in networks) == (run.dataset in catalogue.video_judged(params))
        and all(
            card["settings"] == _plain(video_judge_settings(params))
            for network, card in networks.items()
            if network == "fvd-judge"
        )
        and planned_protocols(name) <= set(record["protocols"])
    )


def planned_protocols(dataset: str) -> set[str]:
    """The protocols that may apply to a dataset: without those whose DATASETS lacks it or whose EXCEPT names it."""
    found = set()
    for name in modules("evaluation/protocols"):
        datasets = constant(f"evaluation/protocols/{name}", "DATASETS", None)
        left_out = constant(f"evaluation/protocols/{name}", "EXCEPT", ())
        if (datasets is None or dataset in datasets) and dataset not in left_out:
            found.add(name)
    return found


def adopted_report(params: Params, kind: str, name: str) -> bool:
    """Whether a table or figure is what would be rendered: the same settings, code and records or runs.

    Every record behind it must be adopted too, since one that will be made again makes the report again.
    """
    *files, record = paths.report_files(params, kind, name)
    if not all(Path(file).is_file() for file in files) or not _all_adopted(params, kind, name):
        return False
    code = report_code(params, kind, name)
    return _adopted(record, code, False, False, lambda found: not report_fault(params, kind, name, found))


def take_over_published(params: Params) -> None:
    """Copies published/<name>.* to reports/ for every report that is not there and that is what would be rendered.

    A report that is there is left as it is, because it may be one of other settings that somebody made. This is called
    before the workflow is planned, since Snakemake lists a folder once and would miss later files.
    """
    for kind in ("tables", "figures"):
        for name in getattr(params, kind):
            made = [Path(file) for file in paths.report_files(params, kind, name)]
            committed = [Path(file) for file in paths.report_files(params, kind, name, paths.PUBLISHED)]
            if all(file.is_file() for file in made) or not all(file.is_file() for file in committed):
                continue
            if report_fault(params, kind, name, _read(committed[-1]) or {}) or not _all_adopted(params, kind, name):
                continue
            _mark(str(made[-1])).unlink(missing_ok=True)  # what is copied counts as first seen
            for source, out in zip(committed, made, strict=True):
                write_atomic(out, source.read_bytes(), durable=False)  # a lost file is copied again


def report_fault(params: Params, kind: str, name: str, record: dict) -> str:
    """How the record of a table or figure differs from what would be rendered now; empty where it does not."""
    settings, stated = _plain(report_settings(params, kind, name)), record.get("settings")
    if not isinstance(stated, dict) or stated.get("scale") != settings["scale"]:
        scale = stated.get("scale") if isinstance(stated, dict) else None
        return f"it is of scale '{scale}' and not of '{settings['scale']}'"
    if stated != settings:
        keys = [key for key in settings if stated.get(key) != settings[key]] or ["settings"]
        return f"it was made with other settings ({', '.join(keys)})"
    if record.get("code") != report_code(params, kind, name):
        return "it was rendered by other code"
    try:
        made_from = {file: _evidence(kind, Path(file)) for file in _records_behind(params, kind, name)}
    except (OSError, ValueError, KeyError, TypeError):
        return "a record that it was made from is not there or damaged"
    return "" if record.get("made_from") == made_from else "it was made from other records than those in results/"


def _runs_behind(params: Params, kind: str, name: str) -> list[catalogue.Run]:
    """The runs that a report shows, and for a table the real test sequences."""
    report = getattr(params, kind)[name]
    real = [catalogue.Run(catalogue.REAL, catalogue.ids(params)[dataset], 0) for dataset in report.datasets]
    return [*catalogue.report_runs(params, report), *(real if kind == "tables" else [])]


def _records_behind(params: Params, kind: str, name: str) -> list[str]:
    return [paths.record(params, run) for run in _runs_behind(params, kind, name)]


def _all_adopted(params: Params, kind: str, name: str) -> bool:
    return all(adopted_evaluation(params, run) for run in _runs_behind(params, kind, name))


def _evidence(kind: str, record: Path) -> str:
    """What a report was made from, by the record of each run: its digest, for a figure the text of core/evidence.py."""
    if kind == "tables":
        return file_digest(record)
    found = json.loads(record.read_text(encoding="utf-8"))
    return evidence(found["training"]["weights"], found)


def _adopted(record: str, code: str, here: bool, renewed: bool, holds: Callable[[dict], bool]) -> bool:
    """Applies the rule at the top of this file.

    Arguments:
        here: what the record describes was made in this checkout: Snakemake's memory decides.
        renewed: a record with other content than the adopted one came with a pull, and counts as first seen.
        holds: whether the content of the record agrees with what is planned.
    """
    file, mark = Path(record), _mark(record)
    seen = file_digest(file) if file.is_file() else ""
    marked = _read(mark)
    if marked is None or (renewed and seen and not here and marked.get("record") != seen):
        marked = {"record": seen, "code": code}
        write_atomic(mark, json.dumps(marked).encode(), durable=False)  # a lost mark is made again
    if here or not seen or marked != {"record": seen, "code": code}:
        return False
    try:
        return holds(_read(file) or {})
    except (KeyError, TypeError, AttributeError, OSError, ValueError):
        return False  # the record lacks what is compared


def _mark(record: str) -> Path:
    return MARKS / f"{record}.mark"


def _read(file: Path) -> dict | None:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _plain(settings: dict) -> dict:
    """Settings as they are read back from JSON."""
    return json.loads(json.dumps(settings))
