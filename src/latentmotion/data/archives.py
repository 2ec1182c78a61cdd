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
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from latentmotion.core.errors import UserError


def pack_folder(folder: Path, out: Path) -> None:
    """Packs the files of a folder, without its subfolders."""
    _pack(((file.name, file.read_bytes()) for file in Path(folder).iterdir() if file.is_file()), out)


def pack_download(archive: Path, folder: str, out: Path) -> None:
    """Packs the files of <top>/<folder> in the .tar.gz of a repository. Raises UserError for a damaged archive."""
    try:
        with tarfile.open(archive, "r:gz") as tar:
            files = [m for m in tar if m.isfile() and PurePosixPath(m.name).parts[1:-1] == (folder,)]
            _pack(((PurePosixPath(m.name).name, tar.extractfile(m).read()) for m in files), out)
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UserError(f"{archive}: damaged ({error}); delete it and fetch it again") from None


def _pack(files: Iterable[tuple[str, bytes]], out: Path) -> None:
    files = sorted(files)  # everything is read before the archive is written
    with tarfile.open(out, "w", format=tarfile.USTAR_FORMAT) as tar:
        for name, content in files:
            member = tarfile.TarInfo(name)  # without owner and time, which differ from machine to machine
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
