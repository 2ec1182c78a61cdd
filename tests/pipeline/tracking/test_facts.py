"""What of a record MLflow shows, and when it was made."""

import json
import os
import subprocess

import pytest
from support import tracked_runs as tracked

from latentmotion.pipeline.tracking import facts
from latentmotion.pipeline.tracking.times import Commits


@pytest.fixture
def records(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return [json.loads((tmp_path / path).read_text()) for path in tracked.make(tmp_path)]


def test_costs_are_those_of_training_and_evaluation(records):
    halo, real = records
    assert facts.costs(halo) == {
        "cost/train_seconds": 100.0,
        "cost/evaluate_seconds": 20.0,
        "cost/core_hours": pytest.approx(0.3),
        "cost/gpu_hours": 0,
        "cost/memory_mb": 300,
    }
    assert facts.seconds(halo) == 120 and facts.seconds(real) == 20
    assert "cost/train_seconds" not in facts.costs(real)


def test_the_curve_of_the_record_stands_for_a_history_that_is_not_here(records, tmp_path):
    assert facts.curves(records[0], None) == [("loss/total", 2.0, 1), ("loss/total", 1.0, 2501)]
    whole = facts.curves(records[0], tmp_path / tracked.MODEL_RUN)
    assert len(whole) <= facts.POINTS and whole[-1] == ("loss/total", 1 / 2501, 2501)


def test_a_data_set_is_described_by_its_digest_and_shape(records):
    found = facts.dataset(records[0])
    assert found["name"] == "sprites-drawn" and found["digest"] == ("da7a" * 16)[: facts.DIGEST]
    assert json.loads(found["source"]) == {"uri": "data/processed/tiny/sprites-drawn"}
    features = json.loads(json.loads(found["schema"])["mlflow_tensorspec"]["features"])
    assert features[0]["tensor-spec"] == {"dtype": "uint8", "shape": [-1, 8, 3, 16, 16]}
    assert facts.sequence_shape({"frames": 20, "channels": 200, "size": 1}) == [-1, 20, 200]


def git(*words):
    identity = ["-c", "user.name=A", "-c", "user.email=a@b.c"]
    environment = os.environ | {"GIT_COMMITTER_DATE": "2020-01-01T00:00:00Z"}
    return subprocess.run(["git", *identity, *words], check=True, capture_output=True, text=True, env=environment)


def test_a_record_in_git_is_as_old_as_its_commit(records, tmp_path):
    git("init", "-q")
    git("add", "results/tiny/halo")
    git("commit", "-q", "-m", "x")
    halo, real = sorted((tmp_path / "results").rglob("seed0.json"))
    halo, real = halo.relative_to(tmp_path), real.relative_to(tmp_path)
    head = git("rev-parse", "HEAD").stdout.strip()
    made = Commits("results").made(halo)
    assert made.end == 1577836800000 and made.commit == head
    assert made.start(120) == made.end - 120_000
    assert Commits("results").made(real).end == round(real.stat().st_mtime * 1000)

    halo.write_text(halo.read_text() + " ")
    assert Commits("results").made(halo).end == round(halo.stat().st_mtime * 1000)


def test_without_git_the_file_itself_tells(records, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    path = tmp_path / "results/tiny/halo/sprites-drawn/seed0.json"
    assert Commits("results").made(path).end == round(path.stat().st_mtime * 1000)
