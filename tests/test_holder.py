"""Who holds a folder is said by name, and is cleared away only when gone."""

import json
import os
import subprocess
import sys
import time

import pytest

from latentmotion import holder
from latentmotion.errors import UserError

HOLD = "from latentmotion import holder; holder.record(); print(holder.name(), flush=True); input()"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder to work in, and a `snakemake` that notes how it is called; no SLURM."""
    monkeypatch.chdir(tmp_path)
    stub = tmp_path / "bin/snakemake"
    stub.parent.mkdir()
    stub.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/called\n')
    stub.chmod(0o755)
    monkeypatch.setenv("PATH", f"{stub.parent}:/usr/bin:/bin")
    monkeypatch.setattr(holder, "_jobs", list)
    return tmp_path


def start() -> subprocess.Popen:
    process = subprocess.Popen([sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "None\n"  # to itself it is no other holder
    return process


def test_nobody(folder, capsys):
    assert holder.name() is None
    holder.say()
    assert capsys.readouterr().err == ""


def test_a_living_holder_is_named_and_keeps_its_lock(folder, capsys):
    process = start()
    holder.say()
    line = capsys.readouterr().err
    assert line.startswith(f"This folder is held by process {process.pid} of ") and line.count("\n") == 1
    with pytest.raises(UserError, match="still works"):
        holder.unlock()
    assert not (folder / "called").exists()
    process.communicate("\n")


def test_a_dead_holder_is_shown_and_unlocked(folder, capsys):
    process = start()
    process.kill()
    process.communicate()
    holder.unlock()
    assert f"held by process {process.pid} of " in capsys.readouterr().out
    assert (folder / "called").read_text() == "--unlock --quiet all\n"


def test_a_process_that_got_the_number_later_is_not_the_holder(folder):
    holder.record()
    content = json.loads(holder.FILE.read_text())
    holder.FILE.write_text(json.dumps(content | {"started": content["started"] - 1000}))
    assert holder.name() is not None
    holder.unlock()
    assert (folder / "called").exists()


def test_a_holder_on_another_machine_cannot_be_judged_from_here(folder):
    holder.record()
    content = json.loads(holder.FILE.read_text())
    holder.FILE.write_text(json.dumps(content | {"host": "login2", "process": os.getpid()}))
    assert "on login2 since" in holder.name()
    with pytest.raises(UserError, match="run this on login2"):
        holder.unlock()


@pytest.mark.parametrize("hours", [-24, 24])
def test_times_of_files_decide_nothing(folder, hours):
    """They are another machine's clock on a network file system."""
    process = start()
    times = (time.time() + hours * 3600,) * 2
    os.utime(holder.FILE, times)
    with pytest.raises(UserError, match="still works"):
        holder.unlock()
    process.kill()
    process.communicate()
    os.utime(holder.FILE, times)
    holder.unlock()
    assert (folder / "called").exists()
