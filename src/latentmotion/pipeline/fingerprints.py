"""Plans: small files that say what an output which lives in git is, or shall be, made from.

Snakemake's memory does not travel with a clone, and the times of files in a clone are luck. For records and reports a
plan stands in: it is written while the workflow is read, only when it says something new, and the rule that makes the
output has it as an input.
"""

import json
from collections.abc import Callable, Iterable
from pathlib import Path

from latentmotion.core.files import write_atomic

FOLDER = Path("state/plan")


def plan(output: str, settings: dict) -> str:
    """The plan file of an output, brought up to date with what decides that output."""
    file = FOLDER / f"{output}.json"
    content = json.dumps(settings, indent=1, sort_keys=True).encode() + b"\n"
    if not file.is_file() or file.read_bytes() != content:
        write_atomic(file, content)
    return str(file)


def adopted(record: str, weights: Iterable[str], code: Iterable[str], holds: Callable[[dict], bool]) -> bool:
    """Whether a record that came with the clone stands for a run that is not here, so that nothing is trained again.

    It does while it says what is planned and its code is untouched. A record is taken for one that came with the clone
    when it is seen before its plan; one made in this checkout is Snakemake's to judge.

    Arguments:
        record: path of an evaluation record.
        weights: what its run leaves behind; nothing for the scores of real data.
        code: the files that it is made with.
        holds: whether the record's content agrees with the parameters.
    """
    file, mark = Path(record), FOLDER / f"{record}.adopted"
    if not file.is_file() or any(Path(left).is_file() for left in weights):
        mark.unlink(missing_ok=True)
        return False
    first = not (FOLDER / f"{record}.json").is_file()
    if not (first or mark.is_file()) or not _agrees(file, holds):
        return False
    if first and not mark.is_file():
        write_atomic(mark, b"")
        file.touch()
    made = file.stat().st_mtime_ns
    return all(Path(source).stat().st_mtime_ns <= made for source in code)


def _agrees(record: Path, holds: Callable[[dict], bool]) -> bool:
    try:
        return holds(json.loads(record.read_text()))
    except (ValueError, KeyError, TypeError):
        return False
