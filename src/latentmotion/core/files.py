"""Files that are written whole or not at all, and the digests by which they are known again."""

import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from latentmotion.core.errors import UserError


def digest(content: Any) -> str:
    """sha256 of a JSON value, independent of the order of its keys."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def file_digest(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_atomic(path: Path, content: bytes, durable: bool = True) -> None:
    """Writes a file whole or leaves the old one untouched: temporary file, fsync, rename.

    Without `durable` the disk is not waited for: a power loss may leave an empty file, which is right where the content
    can be made again in no time.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except OSError as error:
        Path(temporary).unlink(missing_ok=True)
        raise UserError(
            f"{path}: cannot be written ({error.strerror}, {len(content)} bytes); free space and repeat"
        ) from None
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    if not durable:
        return
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
