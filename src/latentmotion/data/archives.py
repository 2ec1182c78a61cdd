"""A folder of raw files as one tar archive, always of the same bytes, so that one sha256 pins all of it.

A set of thousands of small recordings would be thousands of rows of data/sources.csv, requests and inputs of a job. The
archives that a repository's host makes are no pins either: their compression changes with the host's software. So what
they hold is packed again here, without compression: files alone, sorted, each with its name and content, no more.
"""

import gzip
import io
import tarfile
import zlib
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from latentmotion.core.errors import UserError


def pack_folder(folder: Path, out: Path) -> None:
    """The files of a folder, not those of folders in it."""
    _pack(((file.name, file.read_bytes()) for file in Path(folder).iterdir() if file.is_file()), out)


def pack_download(archive: Path, folder: str, out: Path) -> None:
    """The files of the folder <top>/<folder> in a repository's .tar.gz. Raises UserError for one that is damaged."""
    try:
        with tarfile.open(archive, "r:gz") as tar:
            files = [m for m in tar if m.isfile() and PurePosixPath(m.name).parts[1:-1] == (folder,)]
            _pack(((PurePosixPath(m.name).name, tar.extractfile(m).read()) for m in files), out)
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UserError(f"{archive}: damaged ({error}); delete it and fetch it again") from None


def _pack(files: Iterable[tuple[str, bytes]], out: Path) -> None:
    files = sorted(files)  # all is read before anything is written
    with tarfile.open(out, "w", format=tarfile.USTAR_FORMAT) as tar:
        for name, content in files:
            member = tarfile.TarInfo(name)  # no owner and no time: those of whoever packs it are no part of it
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
