"""The process that holds a working folder is named, and its lock is removed only when the process has ended."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from latentmotion.core.errors import UserError
from latentmotion.pipeline import workdir_lock

HOLD = """from latentmotion.pipeline import workdir_lock
workdir_lock.record()
print(workdir_lock.name(), flush=True)
input()"""
WORKFLOW = """import atexit
from latentmotion.pipeline import workdir_lock

if workflow.is_main_process:
    workdir_lock.keep_locks_of_others()
    atexit.register(workdir_lock.say)

onstart:
    workdir_lock.record()

rule long:
    output: "long.txt"
    shell: "echo > began; read line < end; touch {output}"

rule short:
    output: "short.txt"
    shell: "touch {output}"
"""


def recorded() -> Path:
    """The file of the only holder."""
    (file,) = workdir_lock.LOCKS.glob(workdir_lock.HOLDERS)
    return file


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


def start(others: str = "None") -> subprocess.Popen:
    """A process that has recorded itself. To itself it is no other holder."""
    process = subprocess.Popen([sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline().startswith(others)
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


def test_all_holders_are_named_and_one_that_lives_keeps_the_locks(folder):
    dead = start()
    living = start(others=f"process {dead.pid} of ")
    dead.kill()
    dead.communicate()
    assert f"process {living.pid} of " in workdir_lock.name() and f"process {dead.pid} of " not in workdir_lock.name()
    with pytest.raises(UserError, match=f"held by process {living.pid} of .* still works"):
        workdir_lock.unlock()
    living.communicate("\n")  # ends by itself and takes its file along
    assert f"process {dead.pid} of " in workdir_lock.name()
    workdir_lock.unlock()
    assert workdir_lock.name() is None


def test_a_process_that_ends_leaves_the_locks_of_another_one(tmp_path):
    """Snakemake itself removes the locks of all processes when one ends, and two then write the same files."""
    (tmp_path / "Snakefile").write_text(WORKFLOW)
    for pipe in ("began", "end"):
        os.mkfifo(tmp_path / pipe)
    call = [sys.executable, "-m", "snakemake", "--cores", "1", "--quiet", "all", "--"]
    first = subprocess.Popen([*call, "long"], cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    assert (tmp_path / "began").read_text() == "\n"
    other = subprocess.run([*call, "short"], cwd=tmp_path, capture_output=True, text=True)
    assert other.returncode == 0 and "held by" not in other.stderr
    second = subprocess.run([*call, "long"], cwd=tmp_path, capture_output=True, text=True)
    assert second.returncode != 0 and f"held by process {first.pid} of " in second.stderr.splitlines()[-1]
    (tmp_path / "end").write_text("\n")
    _, error = first.communicate()
    assert first.returncode == 0, error
    assert list((tmp_path / ".snakemake/locks").iterdir()) == []


def test_a_process_that_got_the_number_later_is_not_the_holder(folder):
    workdir_lock.record()
    file = recorded()
    content = json.loads(file.read_text())
    file.write_text(json.dumps(content | {"started": content["started"] - 1000}))
    assert workdir_lock.name() is not None
    workdir_lock.unlock()
    assert (folder / "called").exists()


def test_a_holder_on_another_machine_cannot_be_judged_from_here(folder):
    workdir_lock.record()
    file = recorded()
    content = json.loads(file.read_text())
    file.write_text(json.dumps(content | {"host": "login2", "process": os.getpid()}))
    assert "on login2 since" in workdir_lock.name()
    with pytest.raises(UserError, match="run this on login2"):
        workdir_lock.unlock()


@pytest.mark.parametrize("content", ["", "[]", "{", '{"process": "1"}', '{"process": 1, "host": 3}'])
def test_a_damaged_file_names_nobody_and_can_be_unlocked(folder, content):
    workdir_lock.record()
    recorded().write_text(content)
    assert workdir_lock.name() is None
    workdir_lock.unlock()
    assert (folder / "called").exists()


@pytest.mark.parametrize("hours", [-24, 24])
def test_times_of_files_decide_nothing(folder, hours):
    """They are another machine's clock on a network file system."""
    process = start()
    times = (time.time() + hours * 3600,) * 2
    os.utime(recorded(), times)
    with pytest.raises(UserError, match="still works"):
        workdir_lock.unlock()
    process.kill()
    process.communicate()
    os.utime(recorded(), times)
    workdir_lock.unlock()
    assert (folder / "called").exists()
