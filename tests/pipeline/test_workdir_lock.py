"""The process that holds a working folder is named, and its lock is removed only when the process has ended."""

import json
import os
import subprocess
import sys
import time

import pytest

from latentmotion.core.errors import UserError
from latentmotion.pipeline import workdir_lock

HOLD = """from latentmotion.pipeline import workdir_lock
workdir_lock.record()
print(workdir_lock.name(), flush=True)
input()"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder to work in, and a `snakemake` that notes how it is called; no SLURM."""
    monkeypatch.chdir(tmp_path)
    stub = tmp_path / "bin/snakemake"
    stub.parent.mkdir()
    stub.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/called\n')
    stub.chmod(0o755)
    monkeypatch.setenv("PATH", f"{stub.parent}:/usr/bin:/bin")
    monkeypatch.setattr(workdir_lock, "_jobs", list)
    return tmp_path


def start() -> subprocess.Popen:
    process = subprocess.Popen([sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "None\n"  # to itself it is no other holder
    return process


def test_a_folder_without_a_holder(folder, capsys):
    assert workdir_lock.name() is None
    workdir_lock.say()
    assert capsys.readouterr().err == ""


def test_a_living_holder_is_named_and_keeps_its_lock(folder, capsys):
    process = start()
    workdir_lock.say()
    line = capsys.readouterr().err
    assert line.startswith(f"This folder is held by process {process.pid} of ") and line.count("\n") == 1
    with pytest.raises(UserError, match="still works"):
        workdir_lock.unlock()
    assert not (folder / "called").exists()
    process.communicate("\n")


def test_a_dead_holder_is_shown_and_unlocked(folder, capsys):
    process = start()
    process.kill()
    process.communicate()
    workdir_lock.unlock()
    assert f"held by process {process.pid} of " in capsys.readouterr().out
    assert (folder / "called").read_text() == "--unlock --quiet all\n"


def test_a_process_that_got_the_number_later_is_not_the_holder(folder):
    workdir_lock.record()
    content = json.loads(workdir_lock.FILE.read_text())
    workdir_lock.FILE.write_text(json.dumps(content | {"started": content["started"] - 1000}))
    assert workdir_lock.name() is not None
    workdir_lock.unlock()
    assert (folder / "called").exists()


def test_a_holder_on_another_machine_cannot_be_judged_from_here(folder):
    workdir_lock.record()
    content = json.loads(workdir_lock.FILE.read_text())
    workdir_lock.FILE.write_text(json.dumps(content | {"host": "login2", "process": os.getpid()}))
    assert "on login2 since" in workdir_lock.name()
    with pytest.raises(UserError, match="run this on login2"):
        workdir_lock.unlock()


@pytest.mark.parametrize("content", ["", "[]", "{", '{"process": "1"}', '{"process": 1, "host": 3}'])
def test_a_damaged_file_names_nobody_and_can_be_unlocked(folder, content):
    workdir_lock.record()
    workdir_lock.FILE.write_text(content)
    assert workdir_lock.name() is None
    workdir_lock.unlock()
    assert (folder / "called").exists()


@pytest.mark.parametrize("hours", [-24, 24])
def test_times_of_files_decide_nothing(folder, hours):
    """They are another machine's clock on a network file system."""
    process = start()
    times = (time.time() + hours * 3600,) * 2
    os.utime(workdir_lock.FILE, times)
    with pytest.raises(UserError, match="still works"):
        workdir_lock.unlock()
    process.kill()
    process.communicate()
    os.utime(workdir_lock.FILE, times)
    workdir_lock.unlock()
    assert (folder / "called").exists()
