"""The verb `verify`: whether every artefact in a project's folder is what its record, manifest or table says.

Looked at are prepared data, raw files that data/sources.csv pins, judges, trained runs, records of evaluations and
reports, and the published numbers. Nothing is changed.
"""

import csv
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from latentmotion.config.downloads import read_sources
from latentmotion.config.paths import PUBLISHED, REPORTS
from latentmotion.config.splits import SPLITS
from latentmotion.core.errors import UserError
from latentmotion.core.files import check_sum, file_digest
from latentmotion.core.history import read_history
from latentmotion.core.progress import progress
from latentmotion.core.records import Evaluation, JudgeRecord, Report, Run, damaged, read_record
from latentmotion.data.prepared import PreparedDataset

Check = tuple[Path, Callable[[], object]]  # an artefact, and a function that raises UserError where it is damaged


def verify(root: Path = Path()) -> None:
    """Checks everything, prints a line for each fault, and raises UserError where there is one."""
    checks = [*_raw_files(root), *_prepared(root), *_judges(root), *_runs(root), *_records(root), *_published(root)]
    faults = []
    with progress("verify", len(checks)) as bar:
        for _, check in checks:
            try:
                check()
            except UserError as error:
                faults.append(str(error))
            bar.update()
    print("\n".join([*faults, f"{len(checks) - len(faults)} of {len(checks)} artefacts are whole"]))
    if faults:
        raise UserError(f"damaged or missing: {len(faults)}, named above; each line says what to do")


def _raw_files(root: Path) -> Iterator[Check]:
    """The raw files that are there. Rows of an option, <dataset>_<option>, lie in the folder of their data set."""
    table = root / "data/sources.csv"
    with table.open(newline="", encoding="utf-8") as file:
        names = list(dict.fromkeys(row["dataset"] for row in csv.DictReader(file)))
    for name in names:
        folders = [root / "data/raw" / other for other in names if name == other or name.startswith(f"{other}_")]
        for source in read_sources(name, table):
            for path in [folder / source.path for folder in folders if (folder / source.path).is_file()]:
                yield path, partial(_check_raw, path, source)


def _check_raw(path: Path, source) -> None:
    if fault := source.fault(path):
        raise UserError(f"{path}: {fault}; delete it, and it is fetched again")


def _prepared(root: Path) -> Iterator[Check]:
    for manifest in sorted((root / "data/processed").glob("*/*/manifest.json")):
        for split in SPLITS:
            yield manifest.parent, partial(_check_split, manifest.parent, split)


def _check_split(folder: Path, split: str) -> None:
    PreparedDataset.open(folder).split(split)


def _judges(root: Path) -> Iterator[Check]:
    for record in sorted((root / "judges").glob("*/*/*.json")):
        yield record, partial(_check_weights, record, record.with_suffix(".safetensors"), JudgeRecord)


def _runs(root: Path) -> Iterator[Check]:
    for record in sorted((root / "runs").glob("*/*/*/seed*/record.json")):
        yield record, partial(_check_run, record)


def _check_run(path: Path) -> None:
    record = _check_weights(path, path.with_name("weights.safetensors"), Run)
    history = path.with_name("history.jsonl")
    read_history(history)
    if "history" in record and file_digest(history) != record["history"]:
        raise damaged(history, "its sha256 is not that of record.json")


def _check_weights(path: Path, weights: Path, kind: type[Run] | type[JudgeRecord]) -> dict:
    record = read_record(path, kind)
    if not weights.is_file():
        raise UserError(f"{weights}: missing; make it with 'snakemake {weights}'")
    if file_digest(weights) != record["weights"]:
        raise UserError(f"{weights}: altered, its sha256 is not that of {path.name}; delete it and make it again")
    return record


def _records(root: Path) -> Iterator[Check]:
    for path in sorted((root / "results").glob("*/*/*/seed*.json")):
        yield path, partial(_check_evaluation, path)
    for folder in (REPORTS, PUBLISHED):
        for path in sorted((root / folder).glob("*.json")):
            yield path, partial(read_record, path, Report)


def _check_evaluation(path: Path) -> None:
    record = read_record(path, Evaluation)
    named = f"{record['scale']}/{record['model']}/{record['dataset']}/seed{record['seed']}.json"
    if path.as_posix().split("/")[-4:] != named.split("/"):
        raise damaged(path, f"it is the record {named}")


def _published(root: Path) -> Iterator[Check]:
    path = root / "data/published.csv"
    yield path, partial(check_sum, path)
