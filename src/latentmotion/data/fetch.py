"""The verb `fetch`: downloads the raw files of a data set. data/sources.csv has the URL, size and sha256 of each file.

Where the environment variable LATENTMOTION_MIRROR names a folder, a file is copied from <mirror>/<dataset>/<path> or
<mirror>/<path> if it is there; otherwise it is downloaded to <name>.part. The file gets its name only after its size
and sha256 were verified. An interrupted download is continued.

A row whose path ends in .tar stands for a folder of many files (archives.py). The mirror may have the folder itself;
the URL is that of a repository's .tar.gz, which is packed again.
"""

import http.client
import os
import shutil
import urllib.error
import urllib.request
from pathlib import Path, PurePosixPath

from latentmotion.config.downloads import Source, read_sources
from latentmotion.core.errors import UserError
from latentmotion.core.files import unwritable
from latentmotion.data.archives import pack_download, pack_folder

MIRROR = "LATENTMOTION_MIRROR"
_BLOCK = 1 << 18
_TIMEOUT = 60  # seconds without a received byte
# The archive of a repository is packed and has other folders too, so only an upper limit of its size is known: so many
# times the pinned size of the folder, and so many bytes more.
ARCHIVE, ARCHIVE_MORE = 4, 1 << 24


def fetch(dataset: str, out: Path, sources_csv: Path) -> None:
    """Fetches all raw files of a data set to out/<path>. Files that are there and correct are not fetched again.

    Raises UserError for a data set that is unknown or licensed, a wrong size or sha256, and where neither the network
    nor a mirror has a file.
    """
    from tqdm import tqdm

    out, sources = Path(out), read_sources(dataset, Path(sources_csv))
    if not sources:
        raise UserError(_nothing_to_fetch(dataset))
    mirror = os.environ.get(MIRROR)
    if mirror and not Path(mirror).is_dir():
        raise UserError(f"{MIRROR}={mirror}: no such folder; correct it, or unset it to download")
    wanted = [source for source in sources if source.fault(out / source.path)]
    with tqdm(
        total=sum(s.bytes for s in wanted), unit="B", unit_scale=True, desc=f"fetch {dataset}", disable=None
    ) as bar:
        for source in wanted:
            target = out / source.path
            copy = _mirrored(Path(mirror), dataset, source.path) if mirror else None
            folder = _mirrored(Path(mirror), dataset, source.folder, Path.is_dir) if mirror and source.folder else None
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                part = target.with_name(f"{target.name}.part")
                if copy:
                    if fault := source.fault(copy):
                        raise UserError(f"{copy}: {fault}; replace it in the mirror, or unset {MIRROR} to download")
                    shutil.copyfile(copy, part)
                    bar.update(source.bytes)
                elif folder:
                    pack_folder(folder, part)
                    bar.update(source.bytes)
                elif source.folder:
                    archive = target.with_name(f"{target.name}.gz.part")
                    _download(source, archive, target, bar.update, most=ARCHIVE * source.bytes + ARCHIVE_MORE)
                    try:
                        pack_download(archive, PurePosixPath(source.folder).name, part, source.bytes)
                    finally:
                        archive.unlink()
                else:
                    _download(source, part, target, bar.update, most=source.bytes)
                if fault := source.fault(part):
                    part.unlink()
                    raise UserError(
                        f"{target}: {fault} as it came from {folder or source.url}; repeat, or tell the maintainers"
                    )
                part.replace(target)
            except OSError as error:
                raise unwritable(target, error) from None


def _mirrored(mirror: Path, dataset: str, path: str, is_there=Path.is_file) -> Path | None:
    """The file or folder in the mirror, or None. Files of several data sets, such as MNIST, may be in its root."""
    return next((copy for copy in (mirror / dataset / path, mirror / path) if is_there(copy)), None)


def _download(source: Source, part: Path, target: Path, advance, most: int) -> None:
    """Downloads to `part`, from its end on if the server supports this. `advance` is called with numbers of bytes.

    Raises UserError where the server sends more than `most` bytes, or cannot be reached.
    """
    have = part.stat().st_size if part.is_file() else 0
    if have >= most:
        part.unlink()
        have = 0
    request = urllib.request.Request(source.url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT) as response:
            resumed = have and response.status == http.client.PARTIAL_CONTENT
            advance(have if resumed else 0)
            with part.open("ab" if resumed else "wb") as file:
                room = most - (have if resumed else 0)
                while block := response.read(min(_BLOCK, room + 1)):
                    room -= len(block)
                    if room < 0:
                        break
                    file.write(block)
                    advance(len(block))
        if room < 0:
            part.unlink()
            raise UserError(
                f"{target}: {source.url} sends more than the {most} bytes that are allowed; repeat, or tell the"
                " maintainers"
            )
    except urllib.error.HTTPError as error:
        raise UserError(f"{target}: {source.url} answers {error.code} {error.reason}; set {MIRROR} to a copy") from None
    except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as error:
        reason = getattr(error, "reason", None) or error
        raise UserError(
            f"{target}: cannot be downloaded from {source.url} ({reason}); repeat with a network (it goes on where it "
            f"stopped), or set {MIRROR} to a folder that holds {source.path}"
        ) from None


def _nothing_to_fetch(dataset: str) -> str:
    from latentmotion.core.errors import nearest
    from latentmotion.core.plugins import import_module
    from latentmotion.core.source_code import modules

    if dataset not in modules("data/datasets"):
        return f"dataset '{dataset}': unknown; {nearest(dataset, modules('data/datasets'))}"
    absent = getattr(import_module("data/datasets", dataset), "ABSENT", "it has no files to fetch")
    return f"dataset '{dataset}': {absent}"
