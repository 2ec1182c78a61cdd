"""Names that become parts of paths, rules and commands, whether they come from params.yaml, a record or an option."""

import re
from pathlib import Path
from typing import Any

from latentmotion.core.errors import UserError

NAME = r"[a-z0-9][a-z0-9_-]{0,63}"
RULE = "a name is lower-case letters, digits, '-' and '_', 64 at most, and begins with a letter or digit"


def is_name(text: Any) -> bool:
    """Whether a value is a name as a whole; a line break at its end is no part of one."""
    return isinstance(text, str) and re.fullmatch(NAME, text) is not None


def check_name(where: str, text: Any) -> None:
    """Raises UserError, whose message begins with `where`, for a value that is no name."""
    if not is_name(text):
        raise UserError(f"{where}: {text!r} cannot be used in a path; {RULE}; rename it")


def below(root: Path, path: str | Path, where: str) -> Path:
    """A path that is read from a file, as it lies below `root`. Raises UserError where it leaves that folder."""
    found = Path(root) / path
    if Path(path).is_absolute() or not found.resolve().is_relative_to(Path(root).resolve()):
        raise UserError(f"{where}: the path '{path}' leaves the folder {Path(root).resolve().name}; correct it")
    return found
