"""Trainings without an evaluation are found by the files that they leave."""

import json
import os
import time

import pytest
from support import tracked_runs as tracked

from latentmotion.pipeline.tracking import live

TITLE = "halo sprites-drawn seed 0"
LOG = f"""{TITLE}: 0/90, 0.00/s
{TITLE}: 30/90, 1.00/s total 9
{TITLE}: 0/200, 0.00/s
a warning
{TITLE}: 20/200, 1.00/s total 1.5e+03
{TITLE}: 50/200, 1.00/s total 800
{TITLE}: 40/200, 0.00/s
{TITLE}: 60/200, 1.00/s total 700.5
"""


@pytest.fixture
def going_on(tmp_path, monkeypatch):
    """A training that was killed after step 50, and goes on from its checkpoint at step 40."""
    monkeypatch.chdir(tmp_path)
    state = tmp_path / "state" / tracked.MODEL_RUN / "0123abcd"
    log = tmp_path / "logs/train/tiny/halo/sprites-drawn/seed0.log"
    planned = tmp_path / "fingerprints/tiny/train/halo/sprites-drawn.json"
    for folder in (state, log.parent, planned.parent):
        folder.mkdir(parents=True)
    (state / "token-1").write_text("")
    (state / "token-2").write_text("")
    log.write_text(LOG)
    planned.write_text(json.dumps({"settings": tracked.SETTINGS}))
    return tmp_path


def make_older(folder, seconds: float) -> None:
    for file in folder.rglob("*"):
        os.utime(file, (time.time() - seconds,) * 2)


def test_the_last_training_of_a_log_counts(going_on):
    (training,) = live.trainings()
    assert training.losses == [("loss/total", 1500, 20), ("loss/total", 700.5, 60)]
    assert training.status == "training: step 60 of 200"
    assert training.end is None and training.settings == tracked.SETTINGS
    assert training.key == "results/tiny/halo/sprites-drawn/seed0.json"


def test_a_silent_training_is_taken_as_stopped(going_on):
    make_older(going_on, 2 * live.SILENT)
    (training,) = live.trainings()
    assert training.status == "stopped: step 60 of 200; the same command continues it"
    assert training.outcome == "KILLED" and abs(time.time() - training.end / 1000 - 2 * live.SILENT) < 60


def test_a_training_that_has_ended_waits_for_its_evaluation(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    records = tracked.make(tmp_path)
    assert live.trainings() == []
    (tmp_path / records[0]).unlink()
    (training,) = live.trainings()
    assert training.status == "trained, not evaluated yet" and training.outcome == "FINISHED"
    assert training.end - training.start == 100_000


def test_a_killed_training_is_not_shown_beside_its_evaluation(going_on):
    tracked.make(going_on)
    assert len(live.trainings()) == 1
    make_older(going_on / "state", 2 * live.SILENT)
    make_older(going_on / "logs", 2 * live.SILENT)
    assert live.trainings() == []


def test_names_that_are_none_are_left_out(going_on):
    (going_on / "state/runs/tiny/halo/sprites-drawn").rename(going_on / "state/runs/tiny/halo/a name")
    assert live.trainings() == []


def test_nothing_is_touched(going_on):
    def times():
        return {file: file.stat().st_mtime_ns for file in going_on.rglob("*")}

    before = times()
    live.trainings()
    assert times() == before
