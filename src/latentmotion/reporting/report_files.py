"""What tables and figures share: the module that makes a report, and the files in which it is written.

A report is a module in tables/ or figures/ with the constants PAPER, NUMBER and CAPTION; PAPER and NUMBER are empty
where it belongs to no paper. Equal input gives equal bytes. Where anything is wrong, nothing is written.
"""

import importlib
from pathlib import Path
from types import ModuleType

from latentmotion.core.errors import UserError, nearest
from latentmotion.core.files import write_atomic
from latentmotion.core.records import write_record
from latentmotion.core.source_code import code_digest, modules


def report(kind: str, name: str) -> ModuleType:
    """The module that renders a table or figure: reporting/<kind>/<name>.py, where kind is `tables` or `figures`."""
    known = modules(f"reporting/{kind}")
    if name not in known:
        raise UserError(f"{kind}.{name}: no such file in reporting/{kind}/; {nearest(name, known)}")
    return importlib.import_module(f"latentmotion.reporting.{kind}.{name}")


def write_report(
    out: Path, contents: dict[str, bytes], verb: str, name: str, settings: dict, made_from: dict[str, str]
) -> None:
    """Writes a report's files, and after them OUT.json, the record of what they were made from.

    The old record is removed first: beside files that are written only in part it would claim that the report holds.
    """
    record = Path(out).with_suffix(".json")
    record.unlink(missing_ok=True)
    for suffix, content in contents.items():
        write_atomic(Path(out).with_suffix(suffix), content)
    code = code_digest(f"reporting/{verb}s/{settings['report']}", f"reporting/render_{verb}")
    write_record(record, {"verb": verb, "name": name, "settings": settings, "code": code, "made_from": made_from})
