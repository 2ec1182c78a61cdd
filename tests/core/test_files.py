"""Files are written whole or not at all, the umask decides who reads them, and no message shows a password."""

import os
import subprocess
import sys

import pytest

from latentmotion.core import files
from latentmotion.core.errors import UserError
from latentmotion.core.files import check_space, check_sum, remove_left_overs, replace_folder, write_atomic
from latentmotion.core.names import below, is_name


@pytest.mark.parametrize("umask, mode", [(0o077, 0o600), (0o022, 0o644), (0o002, 0o664)])
def test_the_umask_decides_who_may_read_a_file(umask, mode, tmp_path):
    before = os.umask(umask)
    try:
        write_atomic(tmp_path / "folder/a.json", b"1")
    finally:
        os.umask(before)
    assert (tmp_path / "folder/a.json").stat().st_mode & 0o777 == mode


def test_a_file_that_cannot_be_written_is_one_line_with_the_reason_and_advice(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"file/a/b: cannot be written \(.*1 bytes\); a part of this path is a file"):
        write_atomic(tmp_path / "file/a/b", b"1")
    (tmp_path / "folder").mkdir()
    with pytest.raises(UserError, match="a folder has the name of this file"):
        write_atomic(tmp_path / "folder", b"1")
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["file", "folder"]


def test_a_full_disk_keeps_the_old_file(tmp_path, monkeypatch):
    (tmp_path / "a").write_text("old")

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(UserError, match="No space left on device, 3 bytes.*free space and repeat"):
        write_atomic(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_text() == "old" and len(list(tmp_path.iterdir())) == 1


REPLACE = """
import os, signal, sys
from pathlib import Path
from latentmotion.core import files
real = files.shutil.rmtree
files.shutil.rmtree = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
files.replace_folder(Path(sys.argv[1]), Path(sys.argv[2]))
"""


def test_a_folder_is_whole_at_every_moment_of_its_replacement(tmp_path):
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    done = subprocess.run([sys.executable, "-c", REPLACE, tmp_path / "new", tmp_path / "old"])
    assert done.returncode == -9
    assert (tmp_path / "old/file").read_text() == "new", "the new folder is there before the old one is deleted"


def test_a_folder_is_replaced_where_names_cannot_be_exchanged(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "_exchange", lambda a, b: False)
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    replace_folder(tmp_path / "new", tmp_path / "old")
    assert (tmp_path / "old/file").read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["old"]


def test_left_overs_of_a_file_go_and_others_stay(tmp_path):
    for name in (".a.json.12345678", ".b.json.12345678", "a.json", ".a.json.1"):
        (tmp_path / name).write_text("")
    remove_left_overs(tmp_path / "a.json")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".a.json.1", ".b.json.12345678", "a.json"]


def test_too_little_space_is_noticed_before_the_work(tmp_path):
    check_space(tmp_path / "not/yet/there", 1, "it")
    with pytest.raises(UserError, match="this training needs about .* MB there and .* MB are free"):
        check_space(tmp_path / "not/yet/there", 1 << 60, "this training")


def test_a_file_that_differs_from_its_sum_is_named(tmp_path):
    (tmp_path / "a.csv").write_text("1")
    with pytest.raises(UserError, match="a.csv.sha256: missing"):
        check_sum(tmp_path / "a.csv")
    subprocess.run("sha256sum a.csv > a.csv.sha256", shell=True, cwd=tmp_path, check=True)
    check_sum(tmp_path / "a.csv")
    (tmp_path / "a.csv").write_text("2")
    with pytest.raises(UserError, match="a.csv: its sha256 is not that in a.csv.sha256; .*sha256sum a.csv"):
        check_sum(tmp_path / "a.csv")


@pytest.mark.parametrize(
    "address, left",
    [
        ("http://u:SECRET@127.0.0.1:9", "http://127.0.0.1:9"),
        ("postgresql://me:SE@CRET@host/db", "postgresql://host/db"),
        ("https://SECRET@host/a@b", "https://host/a@b"),
    ],
)
def test_no_message_shows_a_password(address, left):
    assert str(UserError(f"{address}: is down; start it")) == f"{left}: is down; start it"


@pytest.mark.parametrize("text", ["x`touch c`", "../x", "x\n", "", "-x", "X", "x/y", "a" * 65, None, 1, "x y", "x$(y)"])
def test_what_is_no_name(text):
    assert not is_name(text)


@pytest.mark.parametrize("path", ["../x", "/etc", "a/../../x", "link"])
def test_a_path_may_not_leave_its_root(path, tmp_path):
    (tmp_path / "root").mkdir()
    (tmp_path / "root/link").symlink_to("/etc")
    with pytest.raises(UserError, match="record: the path .* leaves the folder root"):
        below(tmp_path / "root", path, "record")
    assert below(tmp_path / "root", "a/b", "record") == tmp_path / "root/a/b"
