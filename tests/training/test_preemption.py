"""Preemption: a signal, a time limit, and a second start on a node that file locks do not reach."""

import fcntl
import json
import math
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest
import torch

from latentmotion.config import params
from latentmotion.config.settings import prepare_settings, training_settings
from latentmotion.core.errors import UserError
from latentmotion.core.files import write_atomic
from latentmotion.data.prepare import prepare
from latentmotion.training import checkpoint, signals, slurm_job
from latentmotion.training.checkpoint import Checkpoint

P = params.load(overrides={"scale": "tiny"})
CPU = torch.device("cpu")
AGAIN = 75
PATIENCE = 600  # seconds
# The command line on a file system whose locks reach no other node.
UNLOCKED = "import fcntl; fcntl.flock = lambda *_: None; from latentmotion.cli import main; main()"


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "faces-drawn"
    prepare("faces", None, folder, prepare_settings(P, "faces-drawn"))
    return folder


@pytest.fixture
def start(data, tmp_path, monkeypatch):
    """Starts a training of so many steps in a process; whatever still runs at the end is killed."""
    started = []

    def start(name: str, steps: int, *launch: str) -> subprocess.Popen:
        settings = training_settings(P, "dsvae", "faces-drawn")
        settings["training"]["steps"] = steps
        launch = launch or (sys.executable, "-m", "latentmotion.cli")
        places = ["--data", data, "--out", tmp_path / name / "out", "--state", tmp_path / name / "state"]
        command = [*launch, "train", "--model", "dsvae", "--seed", "0", *places, "--settings", json.dumps(settings)]
        started.append(subprocess.Popen(command, stderr=subprocess.PIPE, text=True))
        return started[-1]

    monkeypatch.setenv("LATENTMOTION_CHECKPOINT_SECONDS", "0")
    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stderr.close()


def wait(reached, process):
    deadline = time.monotonic() + PATIENCE
    while not (value := reached()):
        assert process.poll() is None and time.monotonic() < deadline, process.communicate()
        time.sleep(0.01)
    return value


def saved(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("checkpoint-*.pt"))


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1])
def test_a_signal_saves_and_leaves_with_the_code_for_again(start, tmp_path, number):
    process = start("cut", 60)
    wait(lambda: saved(tmp_path / "cut"), process)
    process.send_signal(number)
    _, errors = process.communicate()
    assert process.returncode == AGAIN
    assert f"by {number.name}, state saved; run it again to go on" in errors.splitlines()[-1]
    assert saved(tmp_path / "cut") == ["checkpoint-1.pt"] and not (tmp_path / "cut/out").exists()
    for name in ("cut", "whole"):
        assert start(name, 60).wait(PATIENCE) == 0
    weights = [(tmp_path / name / "out/weights.safetensors").read_bytes() for name in ("cut", "whole")]
    assert weights[0] == weights[1]


@pytest.fixture
def slurm(tmp_path, monkeypatch):
    """A job of Snakemake's that began 100 s ago; SLURM's limits are the lines of the file that is returned, the last
    one for good. What is requeued is noted in `requeued`."""
    limits = tmp_path / "limits"
    next_limit = f"head -n 1 {limits}; test $(wc -l < {limits}) = 1 || sed -i 1d {limits}"
    programs = {
        "squeue": f'echo "$@" >> {tmp_path}/asked; {next_limit}',
        "scontrol": f'echo "$@" >> {tmp_path}/requeued',
    }
    for name, text in programs.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv(slurm_job.BEGAN, str(time.monotonic() - 100))
    monkeypatch.setenv("SLURM_ARRAY_JOB_ID", "17")
    monkeypatch.setenv("SLURM_ARRAY_TASK_ID", "3")
    return limits


@pytest.mark.slow
def test_near_the_time_limit_it_saves_and_has_itself_queued_again(start, slurm, tmp_path, monkeypatch):
    slurm.write_text("3:00\n", encoding="utf-8")  # of which 100 s are over: less than the margin is left
    process = start("run", 60)
    _, errors = process.communicate()
    assert process.returncode == AGAIN
    last = errors.splitlines()[-1]
    assert "stopped at step 1 by the end of its SLURM job's time, state saved; SLURM runs it again" in last
    assert (tmp_path / "requeued").read_text(encoding="utf-8") == "requeue 17_3\n"
    assert (tmp_path / "asked").read_text(encoding="utf-8").splitlines()[0].endswith("--job 17_3")
    monkeypatch.delenv(slurm_job.BEGAN)
    assert start("run", 60).wait(PATIENCE) == 0


def test_a_limit_that_was_raised_meanwhile_counts(slurm):
    slurm.write_text("2:00\n1:00:00\n", encoding="utf-8")
    stop = signals.Stop(120.0)
    assert stop.latest < time.monotonic() and not stop.wanted()
    assert stop.latest > time.monotonic() + 3000


def test_the_margin_is_at_most_half_of_the_limit(slurm):
    began = float(os.environ[slurm_job.BEGAN])
    slurm.write_text("10:00\n", encoding="utf-8")
    assert slurm_job.latest(120.0) == pytest.approx(began + 480, abs=1e-6)
    assert slurm_job.latest(900.0) == pytest.approx(began + 300, abs=1e-6)


@pytest.mark.parametrize(
    "text, value",
    [
        ("30:00", 1800),
        ("1-02:03:04", 93784),
        ("45", 45),
        ("UNLIMITED", math.inf),
        ("INVALID", math.inf),
        ("", math.inf),
    ],
)
def test_limits_as_slurm_writes_them(text, value):
    assert slurm_job.seconds(text) == value


def test_where_snakemake_submitted_no_job_nothing_is_asked(slurm, tmp_path, monkeypatch):
    monkeypatch.delenv(slurm_job.BEGAN)
    assert slurm_job.latest(120.0) == math.inf and not slurm_job.requeue()
    assert not (tmp_path / "asked").exists() and not (tmp_path / "requeued").exists()


@pytest.fixture
def attempts(tmp_path, monkeypatch):
    """Makes attempts at one training, each of which gets the lock."""
    monkeypatch.setattr(fcntl, "flock", lambda *_: None)

    def attempt() -> Checkpoint:
        checkpoint = Checkpoint(tmp_path, "a" * 64)
        checkpoint.open(Path("runs/x"))
        return checkpoint

    return attempt


@pytest.mark.parametrize("hours", [-24, 24])
def test_the_older_of_two_attempts_writes_nothing_whatever_the_clocks_say(attempts, tmp_path, hours):
    old = attempts()
    old.save({"done": 5})
    new = attempts()
    new.save({"done": 3})
    for path in tmp_path.rglob("*"):
        if f"-{new.token}" in path.name:  # written on a node whose clock is wrong
            os.utime(path, (time.time() + hours * 3600,) * 2)
    before = content(tmp_path)
    with pytest.raises(UserError, match=rf"runs/x: taken over by process {os.getpid()} on \S+; this attempt .* stops"):
        old.save({"done": 9})
    assert content(tmp_path) == before
    new.save({"done": 4})
    assert Checkpoint(tmp_path, "a" * 64).load(CPU)["done"] == 4


def test_an_attempt_is_overtaken_by_one_that_has_finished_and_by_the_next(attempts):
    old = attempts()
    attempts().close(finished=True)
    with pytest.raises(UserError, match="taken over by an attempt that has finished"):
        old.save({"done": 9})
    third = attempts()
    assert third.token == old.token  # numbers begin anew, and are not mistaken for the old ones
    with pytest.raises(UserError, match="taken over by process"):
        old.check()
    third.check()


@pytest.mark.parametrize("folder_is_gone", [True, False])
def test_an_attempt_that_is_overtaken_while_it_saves_says_so_and_leaves_nothing(attempts, monkeypatch, folder_is_gone):
    """The newer attempt has finished, and its state is deleted, after the older one has seen that it may save."""
    old = attempts()
    old.save({"done": 1})

    def overtaken(path, content):
        attempts().close(finished=True)
        if folder_is_gone:
            raise UserError(f"{path}: cannot be written (No such file or directory)")
        write_atomic(path, content)

    monkeypatch.setattr(checkpoint, "write_atomic", overtaken)
    with pytest.raises(UserError, match="taken over by an attempt that has finished"):
        old.save({"done": 2})
    assert not old.folder.exists()


def test_in_200_races_the_newer_attempt_is_never_overwritten(attempts):
    for _ in range(200):
        old = attempts()
        ready = threading.Barrier(2)

        def save(attempt=old, ready=ready):
            ready.wait()
            try:
                while True:
                    attempt.save({"done": 1})
            except UserError:
                pass

        thread = threading.Thread(target=save)
        thread.start()
        ready.wait()
        new = attempts()
        new.save({"done": 2})
        thread.join(PATIENCE)
        assert not thread.is_alive()
        assert new.load(CPU)["done"] == 2
        new.close(finished=True)
        old.close(finished=False)


def test_tokens_taken_at_once_are_different(attempts):
    tokens = []
    threads = [threading.Thread(target=lambda: tokens.append(attempts().token)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(tokens) == list(range(1, 21))


@pytest.mark.slow
@pytest.mark.parametrize("finished", [True, False])
def test_a_process_that_was_overtaken_stops_within_five_seconds(start, tmp_path, finished):
    """The older one is held up, as by a network that failed; meanwhile the training is started again elsewhere."""
    launch = (sys.executable, "-c", UNLOCKED)
    old = start("run", 2000, *launch)
    wait(lambda: saved(tmp_path) == ["checkpoint-1.pt"], old)
    old.send_signal(signal.SIGSTOP)
    new = start("run", 2000, *launch)
    wait(lambda: saved(tmp_path) == ["checkpoint-2.pt"], new)
    if finished:
        new.send_signal(signal.SIGTERM)
        new.communicate()
        for attempt in (tmp_path / "run/state").iterdir():
            for path in attempt.iterdir():
                path.unlink()
            attempt.rmdir()
    else:
        new.send_signal(signal.SIGSTOP)
    before, worked = content(tmp_path / "run"), sum(psutil.Process(old.pid).cpu_times()[:2])
    old.send_signal(signal.SIGCONT)
    _, status, usage = os.wait4(old.pid, 0)
    old.returncode = os.waitstatus_to_exitcode(status)
    errors = old.stderr.read()
    assert old.returncode == 1
    assert usage.ru_utime + usage.ru_stime - worked < 5  # its own time: how busy the machine is does not matter
    named = "an attempt that has finished" if finished else f"process {new.pid} on "
    assert f"taken over by {named}" in errors.splitlines()[-1] and "Traceback" not in errors
    assert content(tmp_path / "run") == before
    assert not (tmp_path / "run/out").exists()
