"""Packs a folder of raw files into one tar archive, always with the same bytes, so that one sha256 verifies all of it.

Without this, a set of thousands of small recordings would need thousands of rows in data/sources.csv, of requests and
of inputs of a job. The archives that the host of a repository makes cannot be verified by a sha256, because their
compression may change. Therefore their files are packed again here without compression: sorted, each with its name and
content only.
"""

import gzip
import io
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from latentmotion.core.errors import UserError

# What an archive may unpack to: so many times the pinned size of its folder and so many bytes more, in so many files.
RATIO, MORE, MEMBERS = 4, 1 << 24, 100_000


def pack_folder(folder: Path, out: Path) -> None:
    """Packs the files of a folder, without its subfolders."""
    _pack(((file.name, file.read_bytes()) for file in Path(folder).iterdir() if file.is_file()), out)


def pack_download(archive: Path, folder: str, out: Path, size: int) -> None:
    """Packs the files of <top>/<folder> in the .tar.gz of a repository.

    Raises UserError for a damaged archive, and for one that unpacks to far more than `size`, the pinned size of the
    folder: it could otherwise fill the memory or the disk.
    """
    try:
        with gzip.open(archive) as unpacked:
            stream = _Limited(unpacked, RATIO * size + MORE)
            with tarfile.open(fileobj=stream, mode="r|") as tar:
                _pack(_members(tar, folder, size), out)
    except _TooLarge as error:
        raise UserError(f"{archive}: {error}; delete it, and tell the maintainers") from None
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile, ValueError, OverflowError) as error:
        raise UserError(f"{archive}: damaged ({error}); delete it and fetch it again") from None


def _members(tar: tarfile.TarFile, folder: str, size: int) -> Iterator[tuple[str, bytes]]:
    for count, member in enumerate(tar):
        if count >= MEMBERS:
            raise _TooLarge(f"has more than {MEMBERS} files")
        if member.isfile() and PurePosixPath(member.name).parts[1:-1] == (folder,):
            size -= member.size
            if size < 0:
                raise _TooLarge("unpacks to more than its pinned size")
            yield PurePosixPath(member.name).name, tar.extractfile(member).read()


class _TooLarge(Exception):
    """An archive exceeds a limit."""


class _Limited:
    """A file that can be read up to a number of bytes."""

    def __init__(self, file: BinaryIO, most: int):
        self.file, self.room = file, most

    def read(self, count: int) -> bytes:
        self.room -= count
        if self.room < 0:
            raise _TooLarge("unpacks to more than its pinned size allows")
        return self.file.read(count)


def _pack(files: Iterable[tuple[str, bytes]], out: Path) -> None:
    files = sorted(files)  # everything is read before the archive is written
    try:
        with tarfile.open(out, "w", format=tarfile.USTAR_FORMAT) as tar:
            for name, content in files:
                member = tarfile.TarInfo(name)  # without owner and time, which differ from machine to machine
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
    except ValueError:  # a name that is too long for the format
        out.unlink()
        raise
