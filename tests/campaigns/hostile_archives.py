"""26 hostile archives as downloads: each is refused in one line or packed as plain files; nothing else is written."""

import gzip
import io
import tarfile
import urllib.request

import pytest
from support.campaign import report
from support.hostile import archives

from latentmotion.config.downloads import COLUMNS
from latentmotion.core.errors import UserError
from latentmotion.data import fetch as module
from latentmotion.data.archives import pack_download

ARCHIVES = archives()


@pytest.fixture(scope="module", autouse=True)
def result():
    yield
    report(f"archives: {len(ARCHIVES)} tried by two doors")


@pytest.mark.parametrize("name", ARCHIVES)
def test_a_hostile_archive_is_packed_as_plain_files_or_refused(name, tmp_path):
    (tmp_path / "a.gz").write_bytes(gzip.compress(ARCHIVES[name], 1))
    try:
        pack_download(tmp_path / "a.gz", "recordings", tmp_path / "out.tar", size=10_000)
    except UserError as error:
        assert "\n" not in str(error)
    else:
        with tarfile.open(tmp_path / "out.tar") as tar:
            assert all(member.isfile() and "/" not in member.name and not member.mode & 0o7000 for member in tar)
    assert {path.name for path in tmp_path.iterdir()} <= {"a.gz", "out.tar"}


@pytest.mark.parametrize("name", ARCHIVES)
def test_a_hostile_download_is_no_raw_file(name, tmp_path, monkeypatch):
    """Its sha256 is not the pinned one, whatever it holds."""
    row = ["toy", "set/recordings.tar", "https://example.org/toy/tar.gz/1", 10_000, "0" * 64, "CC0", ""]
    (tmp_path / "sources.csv").write_text("\n".join(",".join(map(str, line)) for line in (COLUMNS, row)) + "\n")

    def urlopen(request, timeout):
        response = io.BytesIO(gzip.compress(ARCHIVES[name], 1))
        response.status = 200
        return response

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    monkeypatch.delenv(module.MIRROR, raising=False)
    with pytest.raises(UserError) as error:
        module.fetch("toy", tmp_path / "raw", tmp_path / "sources.csv")
    assert "\n" not in str(error.value)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / "sources.csv"]
