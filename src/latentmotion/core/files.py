"""Files that are written whole or not at all, and digests of their content."""

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
    """sha256 of the content of a file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_atomic(path: Path, content: bytes, durable: bool = True) -> None:
    """Replaces a file by `content`, or leaves the old file as it is: temporary file, fsync, rename.

    Raises UserError where the file cannot be written.

    Arguments:
        durable: wait until the content is on the disk. Without it, a power failure may leave an empty file, which is
            acceptable for content that can quickly be made again.
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
