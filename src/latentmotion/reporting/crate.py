"""The verb `crate`: a table or figure with its provenance as an RO-Crate, a folder that other programs can read.

The folder has the files of the report, the records that it was made from, and ro-crate-metadata.json. This file says
which data, trainings, evaluations and software led to the report, in the terms of the Process Run Crate profile 0.5
(https://w3id.org/ro/wfrun/process/0.5) of RO-Crate 1.1. Weights are named by their sha256 and are not in the folder.
"""

import json
import mimetypes
import shutil
from datetime import UTC, datetime
from pathlib import Path

from latentmotion import __version__
from latentmotion.config import paths
from latentmotion.config.catalogue import caption, dataset_name
from latentmotion.config.downloads import licences
from latentmotion.config.params import load
from latentmotion.config.schema import Params
from latentmotion.core.errors import UserError, nearest
from latentmotion.core.files import file_digest, whole_folder
from latentmotion.core.records import Evaluation, Report, read_record
from latentmotion.pipeline.tracking.times import Commits

PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
VERSION = "https://w3id.org/ro/crate/1.1"
MIT = "https://spdx.org/licenses/MIT"
SOFTWARE = "#latentmotion"


def crate(name: str, out: Path | None) -> Path:
    """Writes the crate of a table or figure, whole or not at all, and returns its folder.

    Arguments:
        name: the table or figure. One in reports/ is taken before a published one.
        out: the folder; by default crates/<name>.

    Raises UserError where there is no such report or it has no record, where a record behind it is not the one that it
    was made from, and where `out` is there already.
    """
    params = load()
    files = _report_files(params, name)
    report = read_record(files[-1], Report)
    records = [Path(file) for file in report["made_from"] if file.startswith("results/")]
    for record in records:
        _check(record, report)
    out = out or Path("crates") / name
    if out.exists():
        raise UserError(f"{out}: is there already; remove it or name another folder with --out")
    described = metadata(params, name, files, records, Commits("results", paths.PUBLISHED))
    with whole_folder(out, replace=False) as temporary:
        for file in files:
            shutil.copyfile(file, temporary / file.name)
        for record in records:
            (temporary / record).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(record, temporary / record)
        text = json.dumps(described, indent=1, ensure_ascii=False) + "\n"
        (temporary / "ro-crate-metadata.json").write_text(text, encoding="utf-8")
    return out


def metadata(params: Params, name: str, files: list[Path], records: list[Path], commits: Commits) -> dict:
    """The content of ro-crate-metadata.json: one entity for each thing, which name each other by their @id.

    Arguments:
        files: those of the report; `records`: the evaluation records behind it.
    """
    kind = _kind(params, name)
    evaluations = {record: read_record(record, Evaluation) for record in records}
    made = commits.made(files[-1])
    rendering = _action(f"#make-{name}", f"Made the report {name}", made.end, records, [file.name for file in files])
    steps = [_steps(record, found, commits.made(record).end) for record, found in evaluations.items()]
    parts = [_file(file, file.name) for file in files] + [_file(record, record.as_posix()) for record in records]
    datasets = {found["dataset"]: found for found in evaluations.values()}
    graph = [
        {
            "@id": "ro-crate-metadata.json",
            "@type": "CreativeWork",
            "conformsTo": {"@id": VERSION},
            "about": {"@id": "./"},
        },
        {
            "@id": "./",
            "@type": "Dataset",
            "name": f"{name}: {caption(params, kind, name)}",
            "description": f"The report {name} of latentmotion, and the records of the runs behind it.",
            "datePublished": _date(made.end)[:10],
            "license": {"@id": MIT},
            "conformsTo": {"@id": PROFILE},
            "hasPart": _ids(parts),
            "mentions": _ids([rendering, *(action for step in steps for action in step)]),
        },
        {
            "@id": PROFILE,
            "@type": "CreativeWork",
            "name": "Process Run Crate",
            "version": "0.5",
        },
        {"@id": MIT, "@type": "CreativeWork", "name": "MIT License", "description": "The licence of the project."},
        {
            "@id": SOFTWARE,
            "@type": "SoftwareApplication",
            "name": "latentmotion",
            "softwareVersion": f"{__version__}, commit {made.commit or 'not known'}",
            "license": {"@id": MIT},
        },
        *parts,
        *(_dataset(params, dataset, found) for dataset, found in datasets.items()),
        *_weights(evaluations),
        rendering,
        *(action for step in steps for action in step),
    ]
    return {"@context": f"{VERSION}/context", "@graph": graph}


def _kind(params: Params, name: str) -> str:
    for kind in ("tables", "figures"):
        if name in getattr(params, kind):
            return kind
    raise UserError(f"'{name}' is no table or figure; {nearest(name, [*params.tables, *params.figures])}")


def _report_files(params: Params, name: str) -> list[Path]:
    """The files of a report; the last one is its record."""
    for folder in (paths.REPORTS, paths.PUBLISHED):
        files = [Path(file) for file in paths.report_files(params, _kind(params, name), name, folder)]
        if all(file.is_file() for file in files):
            return files
    raise UserError(f"{name}: not made, or without the record {name}.json; make it with 'snakemake {name}'")


def _check(record: Path, report: dict) -> None:
    """Raises UserError where a record is not the one that a table was made from; figures state no digest of records."""
    stated = report["made_from"][record.as_posix()]
    if not record.is_file():
        raise UserError(f"{record}: missing; restore it from git, or make it with 'snakemake {record}'")
    if report.get("verb") == "table" and file_digest(record) != stated:
        raise UserError(f"{record}: is not the record that the report was made from; make the report again")


def _steps(record: Path, found: dict, end: int) -> list[dict]:
    """The training, where there was one, and the evaluation behind a record."""
    training, data = found.get("training"), f"#data-{found['dataset']}"
    evaluated = end - round(1000 * (found.get("seconds") or 0))
    scoring = f"#evaluate-{record}", f"Scored {_title(found)}", end
    if not training or not training.get("weights"):
        return [_action(*scoring, [data], [record.as_posix()], evaluated)]
    weights = f"#weights-{training['weights']}"
    scored = _action(*scoring, [data, weights], [record.as_posix()], evaluated)
    began = evaluated - round(1000 * (training.get("seconds") or 0))
    trained = _action(f"#train-{record}", f"Trained {_title(found)}", evaluated, [data], [weights], began)
    trained["description"] = f"Settings: {json.dumps(training['settings'], sort_keys=True)}"
    return [trained, scored]


def _title(found: dict) -> str:
    return f"{found['model']} on {found['dataset']}, seed {found['seed']}, scale {found['scale']}"


def _action(identifier: str, name: str, end: int, objects: list, results: list[str], start: int | None = None) -> dict:
    began = {} if start is None else {"startTime": _date(start)}
    return {
        "@id": identifier,
        "@type": "CreateAction",
        "name": name,
        "instrument": {"@id": SOFTWARE},
        **began,
        "endTime": _date(end),
        "object": _links([item.as_posix() if isinstance(item, Path) else item for item in objects]),
        "result": _links(results),
    }


def _links(identifiers: list[str]) -> dict | list[dict]:
    """References to entities; a single one is not in a list, as RO-Crate recommends."""
    found = [{"@id": identifier} for identifier in identifiers]
    return found[0] if len(found) == 1 else found


def _file(file: Path, identifier: str) -> dict:
    kind = mimetypes.guess_type(file.name)[0] or {".md": "text/markdown", ".tex": "text/x-tex"}.get(file.suffix)
    return {
        "@id": identifier,
        "@type": "File",
        "name": file.name,
        "encodingFormat": kind or "application/octet-stream",
        "contentSize": str(file.stat().st_size),
        "identifier": f"sha256:{file_digest(file)}",
    }


def _dataset(params: Params, identifier: str, found: dict) -> dict:
    """The prepared data of an evaluation, named by the digest of their manifest."""
    name = dataset_name(identifier)
    section = params.datasets.get(name)
    stated = licences(name) if identifier == name else []
    entity = {
        "@id": f"#data-{identifier}",
        "@type": "CreativeWork",
        "name": section.title if section else identifier,
        "identifier": f"sha256:{found['data']}",
        "description": f"Prepared data of the source '{found['source']}'.",
    }
    return entity | ({"license": "; ".join(stated)} if stated else {})


def _weights(evaluations: dict[Path, dict]) -> list[dict]:
    trained = [found for found in evaluations.values() if (found.get("training") or {}).get("weights")]
    return [
        {
            "@id": f"#weights-{found['training']['weights']}",
            "@type": "CreativeWork",
            "name": f"Weights of {_title(found)}",
            "identifier": f"sha256:{found['training']['weights']}",
        }
        for found in trained
    ]


def _ids(entities: list[dict]) -> list[dict]:
    return [{"@id": entity["@id"]} for entity in entities]


def _date(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="seconds")
