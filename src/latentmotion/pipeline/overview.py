"""The verb `list`: the tables, figures, models, data sets and trained runs that there are, and what is done of them.

It reads params.yaml, the records and the names of files, and imports nothing heavy.
"""

import json
import textwrap
from collections.abc import Iterator
from pathlib import Path

from latentmotion.config import catalogue, paths
from latentmotion.config.schema import Params
from latentmotion.core.errors import UserError, nearest

KINDS = ("tables", "figures", "models", "datasets", "runs")
WIDTH = 118


def overview(params: Params, kind: str | None) -> list[str]:
    """Lines about everything of one kind, or of all kinds but the single runs. Raises UserError for an unknown kind."""
    if kind and kind not in KINDS:
        raise UserError(f"list '{kind}': unknown; {nearest(kind, KINDS)}")
    described = {"tables": _reports, "figures": _reports, "models": _models, "datasets": _datasets, "runs": _runs}
    lines = []
    for name in [kind] if kind else KINDS[:-1]:
        rows = list(described[name](params, name))
        lines += ["", f"{name.capitalize()} ({EXPLAINED[name].format(scale=params.scale)}):", *_aligned(rows)]
    return lines[1:]


EXPLAINED = {
    "tables": "make one with: snakemake NAME",
    "figures": "make one with: snakemake NAME",
    "models": "train one with: latentmotion train MODEL DATASET; counted are records at scale {scale}",
    "datasets": "prepare one with: snakemake prepare_NAME; scale {scale}",
    "runs": "look at one with: latentmotion show MODEL DATASET; scale {scale}",
}


def _reports(params: Params, kind: str) -> Iterator[tuple[str, str, str]]:
    for name in getattr(params, kind):
        made = _there(paths.report_files(params, kind, name), "made")
        published = _there(paths.report_files(params, kind, name, paths.PUBLISHED), "published")
        yield name, made or published or "not made", catalogue.caption(params, kind, name)


def _there(files: list[str], word: str) -> str:
    """The word and the scale of a report, such as "made, quick", where it is there. Its record is the last file."""
    if not all(Path(file).is_file() for file in files[:-1]):
        return ""
    try:
        scale = json.loads(Path(files[-1]).read_text(encoding="utf-8"))["settings"]["scale"]
    except (OSError, ValueError, KeyError, TypeError):
        return word
    return f"{word}, {scale}"


def _models(params: Params, _: str) -> Iterator[tuple[str, str, str]]:
    runs = catalogue.runs(params)
    for name, model in params.models.items():
        own = [run for run in runs if run.model == name]
        done = sum(Path(paths.record(params, run)).is_file() for run in own)
        names = {catalogue.dataset_name(run.dataset): None for run in own}
        yield name, f"{done} of {len(own)}", f"{model.title}; on {', '.join(names) or 'no data set'}"


def _datasets(params: Params, _: str) -> Iterator[tuple[str, str, str]]:
    for name, identifier in catalogue.ids(params).items():
        section = params.datasets[name]
        ready = Path(paths.processed(params, identifier), "manifest.json").is_file()
        sizes = f"{section.frames} frames of size {section.size}" if section.size > 1 else "points"
        yield name, "prepared" if ready else "not prepared", f"{section.title}; {sizes}; source {section.source}"


def _runs(params: Params, _: str) -> Iterator[tuple[str, str, str]]:
    for run in catalogue.runs(params):
        trained = Path(paths.run_folder(params, run), "weights.safetensors").is_file()
        scored = Path(paths.record(params, run)).is_file()
        done = [word for word, there in (("trained", trained), ("evaluated", scored)) if there]
        yield f"{run.model} {run.dataset}", f"seed {run.seed}", " and ".join(done) or "not trained"


def _aligned(rows: list[tuple[str, str, str]]) -> list[str]:
    first, second = (max((len(row[column]) for row in rows), default=0) for column in (0, 1))
    return [
        textwrap.shorten(text, WIDTH - first - second - 6, placeholder=" ...").join(
            (f"  {a:<{first}}  {b:<{second}}  ", "")
        )
        for a, b, text in rows
    ]
