"""A folder of raw files in one archive: a mirror and a repository's download give the same bytes."""

import gzip
import io
import os
import tarfile
import tracemalloc
import urllib.request

import pytest

from latentmotion.config.downloads import COLUMNS, read_sources
from latentmotion.core.errors import UserError
from latentmotion.core.files import file_digest
from latentmotion.data import fetch as module
from latentmotion.data.archives import pack_folder
from latentmotion.data.datasets import spoken_digits
from latentmotion.data.fetch import fetch

FILES = {"b.wav": b"second", "a.wav": b"first" * 1000}


def make_folder(folder):
    folder.mkdir(parents=True)
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    (folder / "deeper").mkdir()
    (folder / "deeper/c.wav").write_bytes(b"no part of it")
    return folder


@pytest.fixture
def table(tmp_path, monkeypatch):
    monkeypatch.delenv(module.MIRROR, raising=False)
    pack_folder(make_folder(tmp_path / "model"), tmp_path / "model.tar")
    size, digest = (tmp_path / "model.tar").stat().st_size, file_digest(tmp_path / "model.tar")
    row = ["toy", "set/recordings.tar", "https://example.org/toy/tar.gz/1", size, digest, "CC0", ""]
    path = tmp_path / "sources.csv"
    path.write_text("\n".join(",".join(map(str, line)) for line in (COLUMNS, row)) + "\n", encoding="utf-8")
    return path


def serve(monkeypatch, content: bytes):
    def urlopen(request, timeout):
        response = io.BytesIO(content)
        response.status = 200
        return response

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)


def repository(level: int, **changes) -> bytes:
    """What a host serves: the folder among others, below a folder of its own, with times and owners."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        found = {f"toy-1/recordings/{name}": content for name, content in (FILES | changes).items()}
        found |= {
            "toy-1/README.md": b"read",
            "toy-1/old/recordings/a.wav": b"old",
            "toy-1/recordings/deeper/c.wav": b"c",
        }
        for name, content in found.items():
            member = tarfile.TarInfo(name)
            member.size, member.mtime, member.uname = len(content), 1234567, "someone"
            tar.addfile(member, io.BytesIO(content))
    return gzip.compress(buffer.getvalue(), level)


def test_an_archive_does_not_depend_on_who_packs_it_and_when(tmp_path):
    for number in (1, 2):
        folder = make_folder(tmp_path / f"folder{number}")
        os.utime(folder / "a.wav", (number, number))
        (folder / "b.wav").chmod(0o600 + number)
        pack_folder(folder, tmp_path / f"{number}.tar")
    assert (tmp_path / "1.tar").read_bytes() == (tmp_path / "2.tar").read_bytes()
    with tarfile.open(tmp_path / "1.tar") as tar:
        assert [member.name for member in tar] == ["a.wav", "b.wav"]
        assert tar.extractfile("a.wav").read() == FILES["a.wav"]


@pytest.mark.parametrize("place", ["toy/set", "set"])
def test_a_mirror_may_hold_the_folder(place, tmp_path, table, monkeypatch):
    make_folder(tmp_path / "mirror" / place / "recordings")
    monkeypatch.setenv(module.MIRROR, str(tmp_path / "mirror"))
    fetch("toy", tmp_path / "raw", table)
    assert (tmp_path / "raw/set/recordings.tar").read_bytes() == (tmp_path / "model.tar").read_bytes()


@pytest.mark.parametrize("level", [1, 9])
def test_a_download_is_packed_again_whatever_its_compression(level, tmp_path, table, monkeypatch):
    serve(monkeypatch, repository(level))
    fetch("toy", tmp_path / "raw", table)
    assert (tmp_path / "raw/set/recordings.tar").read_bytes() == (tmp_path / "model.tar").read_bytes()
    assert [path.name for path in (tmp_path / "raw/set").iterdir()] == ["recordings.tar"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (repository(9)[:-50], r"recordings\.tar\.gz\.part: damaged"),
        (b"<html>", r"recordings\.tar\.gz\.part: damaged"),
        (repository(9, **{"a.wav": b"other" * 1000}), r"recordings\.tar: sha256 .* as it came from https://example"),
        (repository(9, **{f"{'a' * 300}.wav": b"x"}), r"recordings\.tar\.gz\.part: damaged \(name is too long"),
    ],
    ids=["truncated", "no archive", "other content", "long name"],
)
def test_a_wrong_download_leaves_nothing(content, message, tmp_path, table, monkeypatch):
    serve(monkeypatch, content)
    with pytest.raises(UserError, match=message) as caught:
        fetch("toy", tmp_path / "raw", table)
    assert "\n" not in str(caught.value)
    assert list((tmp_path / "raw/set").glob("*")) == []


def test_a_mirror_that_lacks_a_file_is_named(tmp_path, table, monkeypatch):
    (make_folder(tmp_path / "mirror/set/recordings") / "b.wav").unlink()
    monkeypatch.setenv(module.MIRROR, str(tmp_path / "mirror"))
    with pytest.raises(UserError, match="sha256 .* as it came from .*mirror/set/recordings"):
        fetch("toy", tmp_path / "raw", table)


def test_the_spoken_digits_are_one_pinned_archive(request):
    (source,) = read_sources("spoken_digits", request.config.rootpath / "data/sources.csv")
    assert source.path == spoken_digits.RECORDINGS
    assert source.folder == "fsdd/recordings"


@pytest.mark.parametrize("name", ["recordings/bomb.wav", "other/bomb.wav"])
def test_an_archive_that_unpacks_to_far_more_than_its_pinned_size_is_refused(name, tmp_path, table, monkeypatch):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        member = tarfile.TarInfo(f"toy-1/{name}")
        member.size = 60_000_000
        tar.addfile(member, io.BytesIO(bytes(member.size)))
    serve(monkeypatch, buffer.getvalue())
    tracemalloc.start()
    with pytest.raises(UserError, match=r"recordings\.tar\.gz\.part: unpacks to more than its pinned size"):
        fetch("toy", tmp_path / "raw", table)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 30_000_000 and list((tmp_path / "raw/set").glob("*")) == []
