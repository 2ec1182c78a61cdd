"""Records: the JSON file that every verb writes beside its output, whole or not at all. Tables read records only.

A record holds `sha256`, the digest of all its other entries, so that one that was altered is noticed. Records that were
written before this entry was introduced lack it, and are read without this check.

Each kind of record has a class here with the entries that its readers rely on. A record may hold more than these.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from latentmotion.core.errors import UserError
from latentmotion.core.files import digest, write_atomic
from latentmotion.core.names import NAME

Name = Annotated[str, Field(pattern=f"^{NAME}$")]
Number = Annotated[float, Field(allow_inf_nan=False)]
DIGEST = "sha256"


class Record(BaseModel):
    """What is asked of a record of any kind: nothing but that it has entries."""

    model_config = ConfigDict(extra="allow", strict=True)


class Metric(Record):
    """One score of an evaluation."""

    protocol: str
    metric: str
    value: Number
    n: int = Field(default=0, ge=0)


class JudgeSummary(Record):
    """What an evaluation states about a judge."""

    test_accuracy: Number
    floor: Number | None
    weak: bool


class Trained(Record):
    """The record of a training, also as a part of an evaluation."""

    settings: dict[str, Any]
    curve: list[Annotated[list[Number], Field(min_length=2, max_length=2)]] = []


class Weights(Record):
    """A record beside weights."""

    weights: str


class Run(Trained, Weights):
    """The record of a training beside its weights."""

    shape: dict[str, int]
    data: str = ""


class Evaluation(Record):
    """The record of an evaluation. Its names become parts of paths."""

    verb: Literal["evaluate"]
    model: Name
    dataset: Name
    scale: Name
    source: str
    seed: int = Field(ge=0)
    run: str | None = None
    status: str = "ok"
    metrics: list[Metric] = []
    judges: dict[str, JudgeSummary] = {}
    training: Trained | None = None


class JudgeRecord(Weights):
    """The record of a judge."""

    settings: dict[str, Any]


class ReportSettings(Record):
    """What is read of a report's settings."""

    scale: Name


class Report(Record):
    """The record of a table or figure."""

    settings: ReportSettings


def write_record(path: Path, record: dict) -> None:
    """Writes a record and its digest. Raises UserError where a number is not finite, because JSON has no NaN."""
    try:
        plain = json.loads(json.dumps({key: value for key, value in record.items() if key != DIGEST}, allow_nan=False))
    except ValueError:
        raise UserError(
            f"{path}: not written, it would hold a number that is not finite; look at the log above"
        ) from None
    write_atomic(path, json.dumps(plain | {DIGEST: digest(plain)}, indent=1).encode() + b"\n")


def read_record(path: Path, kind: type[Record] = Record) -> dict:
    """The content of a record, without its digest.

    Raises UserError where the file is missing, is not JSON, was altered after it was written, or lacks an entry of its
    kind.
    """
    path = Path(path)
    if not path.is_file():
        raise UserError(f"{path}: no such record; make it with 'snakemake {path}'")
    record = read_json(path, kind, lambda reason: damaged(path, reason))
    stated = record.pop(DIGEST, None)
    if stated is not None and digest(record) != stated:
        raise damaged(path, f"altered after it was written: its {DIGEST} differs")
    return record


def read_json(path: Path, kind: type[Record], error: Callable[[str], UserError]) -> dict:
    """The entries of a JSON file. Where it is not JSON or not of its kind, `error` makes the error from the reason."""
    try:
        content = json.loads(path.read_bytes())
    except OSError as problem:
        raise UserError(f"{path}: cannot be read ({problem.strerror}); get the right to read it") from None
    except (ValueError, RecursionError):
        raise error("not JSON") from None
    if not isinstance(content, dict):
        raise error("no entries")
    try:
        kind.model_validate(content)
    except ValidationError as problem:
        raise error(first_problem(problem)) from None
    return content


def damaged(path: Path, reason: str) -> UserError:
    """The error of a record that cannot be used."""
    return UserError(f"{path}: damaged record ({reason}); delete it and make it again, or restore it from git")


def first_problem(error: ValidationError) -> str:
    """The first problem that pydantic has found, as the entry and what is wrong with it."""
    problem = error.errors()[0]
    where = ".".join(map(str, problem["loc"]))
    what = "is missing" if problem["type"] == "missing" else " ".join(problem["msg"].split())
    return f"entry '{where}': {what}" if where else what
