"""Fetching tries the mirror first, resumes downloads, and reports every failure in one line. No network is used."""

import hashlib
import io
import urllib.error
import urllib.request

import pytest

from latentmotion.config.downloads import COLUMNS, files
from latentmotion.core.errors import UserError
from latentmotion.data import fetch as module
from latentmotion.data.fetch import fetch
from latentmotion.data.prepare import prepare

CONTENT = bytes(range(256)) * 40
URL = "https://example.org/a/0.png"


@pytest.fixture
def table(tmp_path):
    def write(**changes):
        row = dict(
            zip(
                COLUMNS,
                ["toy", "a/0.png", URL, len(CONTENT), hashlib.sha256(CONTENT).hexdigest(), "CC0", ""],
                strict=True,
            )
        )
        path = tmp_path / "sources.csv"
        path.write_text(
            ",".join(COLUMNS) + "\n" + ",".join(str(v) for v in (row | changes).values()) + "\n", encoding="utf-8"
        )
        return path

    return write


@pytest.fixture
def web(monkeypatch):
    """A server of one file that can resume; `asked` holds the Range of each request."""
    asked = []

    def urlopen(request, timeout):
        asked.append(request.get_header("Range"))
        start = int((asked[-1] or "bytes=0-")[6:-1])
        response = io.BytesIO(web_content[0][start:])
        response.status = 206 if start else 200
        return response

    web_content = [CONTENT]
    monkeypatch.delenv(module.MIRROR, raising=False)
    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    return asked, web_content


@pytest.mark.parametrize("place", ["toy/a", "a"])
def test_the_mirror_is_tried_first_and_complete_files_are_kept(place, tmp_path, table, web, monkeypatch):
    mirror = tmp_path / "mirror"
    (mirror / place).mkdir(parents=True)
    (mirror / place / "0.png").write_bytes(CONTENT)
    monkeypatch.setenv(module.MIRROR, str(mirror))
    fetch("toy", tmp_path / "raw", table())
    assert (tmp_path / "raw/a/0.png").read_bytes() == CONTENT
    (mirror / place / "0.png").unlink()
    fetch("toy", tmp_path / "raw", table())
    assert web[0] == []
    assert [p.name for p in (tmp_path / "raw/a").iterdir()] == ["0.png"]


def test_a_stopped_download_goes_on_where_it_stopped(tmp_path, table, web):
    part = tmp_path / "raw/a/0.png.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(CONTENT[:100])
    fetch("toy", tmp_path / "raw", table())
    assert web[0] == ["bytes=100-"]
    assert (tmp_path / "raw/a/0.png").read_bytes() == CONTENT and not part.exists()


def test_a_wrong_sum_from_the_web_leaves_nothing(tmp_path, table, web):
    web[1][0] = CONTENT[::-1]
    with pytest.raises(UserError, match=r"0\.png: sha256 .* instead of"):
        fetch("toy", tmp_path / "raw", table())
    assert list((tmp_path / "raw/a").iterdir()) == []


def test_a_wrong_sum_in_the_mirror_is_an_error(tmp_path, table, web, monkeypatch):
    (tmp_path / "mirror/toy/a").mkdir(parents=True)
    (tmp_path / "mirror/toy/a/0.png").write_bytes(CONTENT[::-1])
    monkeypatch.setenv(module.MIRROR, str(tmp_path / "mirror"))
    with pytest.raises(UserError, match=r"mirror/toy/a/0\.png: sha256"):
        fetch("toy", tmp_path / "raw", table())
    assert not (tmp_path / "raw/a/0.png").exists() and web[0] == []


def test_no_network_and_no_mirror_is_one_line(tmp_path, table, monkeypatch):
    def urlopen(request, timeout):
        raise urllib.error.URLError("Name or service not known")

    monkeypatch.delenv(module.MIRROR, raising=False)
    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    with pytest.raises(UserError, match=f"Name or service not known.*{module.MIRROR}") as caught:
        fetch("toy", tmp_path / "raw", table())
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"path": "../0.png"}, "leaves the dataset's folder"),
        ({"url": "http://example.org/0.png"}, "not https"),
        ({"sha256": "12"}, "sha256 of 64 digits"),
    ],
)
def test_a_row_that_cannot_be_followed_is_an_error(tmp_path, table, web, changes, message):
    with pytest.raises(UserError, match=f"line 2.*{message}"):
        fetch("toy", tmp_path / "raw", table(**changes))


def test_the_reason_why_a_file_cannot_be_fetched_is_given(tmp_path, table):
    with pytest.raises(UserError, match="licensed.*mug.ee.auth.gr.*data/raw/faces"):
        fetch("faces", tmp_path, table())
    with pytest.raises(UserError, match="did you mean 'sprites'"):
        fetch("sprite", tmp_path, table())


def test_the_pinned_sprites_are_the_twenty_five_sheets(request):
    names = files("sprites", request.config.rootpath / "data/sources.csv")
    attributes = ("body", "bottomwear", "topwear", "hair")
    assert set(names) == {f"{a}/{v}.png" for a in attributes for v in range(6)} | {"shoes/1.png"}


def test_a_download_that_never_ends_stops_at_the_pinned_size(tmp_path, table, monkeypatch):
    read = []

    class Endless(io.RawIOBase):
        status = 200

        def read(self, count=-1):
            read.append(count)
            return bytes(count)

    monkeypatch.delenv(module.MIRROR, raising=False)
    monkeypatch.setattr(urllib.request, "urlopen", lambda request, timeout: Endless())
    with pytest.raises(UserError, match=f"0.png: {URL} sends more than the {len(CONTENT)} bytes that are allowed"):
        fetch("toy", tmp_path / "raw", table())
    assert sum(read) <= len(CONTENT) + 1 and list((tmp_path / "raw/a").iterdir()) == []


@pytest.mark.parametrize(
    "row",
    [
        "toy,a/0.png",
        f"toy,a/0.png,{URL},²,{'0' * 64},CC0,",
        f"toy,a/0.png,{URL},10,{'0' * 63}g,CC0,",
        f"toy,a/$(x).png,{URL},10,{'0' * 64},CC0,",
        f"toy,a/0.png,{URL},10,{'0' * 64},CC0,,more",
        'toy,"a',
    ],
)
def test_a_damaged_row_is_one_line(tmp_path, row):
    (tmp_path / "sources.csv").write_text(",".join(COLUMNS) + f"\n{row}\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"sources\.csv: ") as caught:
        files("toy", tmp_path / "sources.csv")
    assert "\n" not in str(caught.value)


def test_a_table_that_is_no_text_is_one_line(tmp_path):
    (tmp_path / "sources.csv").write_bytes(b"\xff\xfe")
    with pytest.raises(UserError, match=r"sources\.csv: damaged"):
        files("toy", tmp_path / "sources.csv")


def test_raw_files_are_verified_again_when_they_are_prepared(tmp_path, table):
    source = table(dataset="sprites", path="body/0.png")
    (tmp_path / "raw/body").mkdir(parents=True)
    (tmp_path / "raw/body/0.png").write_bytes(CONTENT[:-1] + b"?")
    settings = {"source": "real", "size": 64, "frames": 8, "options": {}}
    with pytest.raises(UserError, match=r"body/0\.png: sha256 .* instead of .*; delete it and fetch it again"):
        prepare("sprites", tmp_path / "raw", tmp_path / "out", settings, source)
