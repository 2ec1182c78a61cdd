"""Records: the JSON file that every verb writes beside its output, whole or not at all. Tables read nothing else."""

import hashlib
import json
import os
import platform
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from latentmotion.closure import PACKAGE, sources
from latentmotion.errors import UserError


def digest(content: Any) -> str:
    """sha256 of a JSON value, independent of the order of its keys."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def file_digest(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def code_hash(*modules: str) -> str:
    """One hash over the sources that the given modules import (closure.sources)."""
    return digest({source: source_digest(source) for source in sources(*modules)})


@cache
def source_digest(source: str) -> str:
    """sha256 of one of the project's source files, given from the project's root."""
    return file_digest(PACKAGE.parent.parent / source)


def write_atomic(path: Path, content: bytes) -> None:
    """All of the content under that name, or the old file untouched: temporary file, fsync, rename."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
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
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def write_record(path: Path, record: dict) -> None:
    """Numbers must be finite: JSON has no NaN, and a table may not show one as a number."""
    try:
        text = json.dumps(record, indent=1, allow_nan=False)
    except ValueError:
        raise UserError(
            f"{path}: not written, it would hold a number that is not finite; look at the log above"
        ) from None
    write_atomic(path, text.encode() + b"\n")


def read_record(path: Path) -> dict:
    path = Path(path)
    if not path.is_file():
        raise UserError(f"{path}: no such record; make it with 'snakemake {path}'")
    try:
        return json.loads(path.read_text())
    except ValueError:
        raise UserError(f"{path}: damaged record (not JSON); delete it and make it again") from None


def machine(device: str = "cpu") -> dict:
    """What a job ran on: allow-listed facts only, no names and no environment."""
    import torch

    return {
        "device": torch.cuda.get_device_name()
        if device.startswith("cuda")
        else platform.processor() or platform.machine(),
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
        "torch": torch.__version__,
    }
