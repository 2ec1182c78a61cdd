"""Records: the JSON file that every verb writes beside its output, whole or not at all. Tables read records only."""

import json
from pathlib import Path

from latentmotion.core.errors import UserError
from latentmotion.core.files import write_atomic


def write_record(path: Path, record: dict) -> None:
    """Writes a record. Raises UserError where a number is not finite, because JSON has no NaN and no infinity."""
    try:
        text = json.dumps(record, indent=1, allow_nan=False)
    except ValueError:
        raise UserError(
            f"{path}: not written, it would hold a number that is not finite; look at the log above"
        ) from None
    write_atomic(path, text.encode() + b"\n")


def read_record(path: Path) -> dict:
    """The content of a record. Raises UserError where the file is missing or not JSON."""
    path = Path(path)
    if not path.is_file():
        raise UserError(f"{path}: no such record; make it with 'snakemake {path}'")
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        raise UserError(f"{path}: damaged record (not JSON); delete it and make it again") from None
