"""Files that are written whole or not at all, and digests of their content.

The umask decides who may read what is written here, as for the files of any other tool.
"""

import contextlib
import ctypes
import errno
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from latentmotion.core.errors import UserError

ADVICE = {  # what a user can do about the commonest reasons
    errno.ENOSPC: "free space and repeat",
    errno.EDQUOT: "your quota is used up; free space and repeat",
    errno.EACCES: "get the right to write there, or work in a copy of the project",
    errno.EPERM: "get the right to write there, or work in a copy of the project",
    errno.EROFS: "work in a copy of the project on another disk",
    errno.ENOTDIR: "a part of this path is a file; move that file away",
    errno.EEXIST: "a file has the name of a folder that is needed; move that file away",
    errno.EISDIR: "a folder has the name of this file; move that folder away",
    errno.ENAMETOOLONG: "choose a shorter name",
}
MB = 1_000_000
EXCHANGE = 2  # RENAME_EXCHANGE of Linux's renameat2: two names change their content at once
HERE = -100  # AT_FDCWD: relative paths begin at the working directory


def digest(content: Any) -> str:
    """sha256 of a JSON value, independent of the order of its keys."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def file_digest(path: Path) -> str:
    """sha256 of the content of a file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_sum(path: Path) -> None:
    """Compares a file with PATH.sha256, which `sha256sum` writes. Raises UserError where they differ or one lacks."""
    stated = path.with_name(f"{path.name}.sha256")
    for file in (path, stated):
        if not file.is_file():
            raise UserError(f"{file}: missing; restore it with 'git checkout {file}'")
    if stated.read_bytes()[:64] != file_digest(path).encode():
        raise UserError(
            f"{path}: its sha256 is not that in {stated.name}; restore it with 'git checkout {path}', or after a wanted"
            f" change: cd {path.parent} && sha256sum {path.name} > {stated.name}"
        )


def unwritable(path: Path, error: OSError, size: int | None = None) -> UserError:
    """The error of a file or folder that cannot be written: the reason that the system gives, and what to do."""
    reason = error.strerror or str(error) or type(error).__name__
    counted = "" if size is None else f", {size} bytes"
    advice = ADVICE.get(error.errno, "look at the disk with `df` and `dmesg`, and repeat")
    return UserError(f"{path}: cannot be written ({reason}{counted}); {advice}")


def temporary_name(path: Path) -> Path:
    """A name beside `path` that is not used yet: a dot, the name, and a random end."""
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}")


def write_atomic(path: Path, content: bytes, durable: bool = True) -> None:
    """Replaces a file by `content`, or leaves the old file as it is: temporary file, fsync, rename.

    Raises UserError where the file or its folder cannot be written.

    Arguments:
        durable: wait until the content is on the disk. Without it, a power failure may leave an empty file, which is
            acceptable for content that can quickly be made again.
    """
    path = Path(path)
    temporary = temporary_name(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(temporary, "xb") as file:
            file.write(content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        os.replace(temporary, path)
        if durable:
            _sync(path.parent)
    except OSError as error:
        raise unwritable(path, error, len(content)) from None
    finally:
        with contextlib.suppress(OSError):  # after the rename there is no temporary file
            temporary.unlink()


def remove_left_overs(path: Path) -> None:
    """Removes the temporary files that killed processes have left while they wrote `path`."""
    for left in path.parent.glob(f".{path.name}.????????"):
        with contextlib.suppress(OSError):
            shutil.rmtree(left) if left.is_dir() else left.unlink()


def check_space(folder: Path, needed: int, what: str) -> None:
    """Raises UserError where the disk of a folder, which may not exist yet, has less than `needed` bytes free."""
    there = next(place for place in (folder.absolute(), *folder.absolute().parents) if place.exists())
    free = shutil.disk_usage(there).free
    if free < needed:
        raise UserError(
            f"{folder}: {what} needs about {-(-needed // MB)} MB there and {free // MB} MB are free; free space and"
            " repeat"
        )


@contextlib.contextmanager
def whole_folder(out: Path, replace: bool = True) -> Iterator[Path]:
    """A new folder to write to. It gets the name `out` where the block ends without an error, and else it is removed.

    Raises UserError where it cannot be written.

    Arguments:
        replace: delete a folder that has this name already. Without it, such a folder is an error.
    """
    temporary = temporary_name(out)
    try:
        temporary.mkdir(parents=True)
        yield temporary
        sync_folder(temporary)
        if replace:
            replace_folder(temporary, out)
        else:
            temporary.rename(out)
    except OSError as error:
        raise unwritable(out, error) from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def sync_folder(folder: Path) -> None:
    """Waits until all files of a folder and of the folders in it are on the disk."""
    for path in [*folder.rglob("*"), folder]:
        _sync(path)


def replace_folder(new: Path, out: Path) -> None:
    """Gives the folder `new` the name `out`; a folder that had this name is deleted.

    Where the file system can exchange two names at once, there is a whole folder under `out` at every moment.
    """
    if not out.is_dir():
        os.rename(new, out)
    elif _exchange(new, out):
        shutil.rmtree(new, ignore_errors=True)
    else:
        old = temporary_name(out)
        os.rename(out, old)
        os.rename(new, out)
        shutil.rmtree(old, ignore_errors=True)
    _sync(out.parent)


def _exchange(a: Path, b: Path) -> bool:
    """Exchanges two names. Returns False where the system or the file system cannot."""
    exchange = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    return exchange is not None and exchange(HERE, os.fsencode(a), HERE, os.fsencode(b), EXCHANGE) == 0


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
