"""Clones of a finished project: what came with them holds, and a change reruns what depends on it, no more."""

import json

import pytest
from support.project import Project
from support.small_catalogue import MODEL, RECORD, RERUN


@pytest.fixture
def clone(finished, tmp_path) -> Project:
    """A fresh clone of the finished project: records and published reports, without runs, data or the tools' memory."""
    finished.run("git", "clone", "-q", ".", str(tmp_path / "clone"))
    return Project(tmp_path / "clone")


def test_clone_and_pull(duplicate, tmp_path):
    duplicate.run("dvc", "remote", "add", "-d", "local", str(tmp_path / "remote"))
    duplicate.run("dvc", "push")
    duplicate.commit()
    clone = Project(tmp_path / "clone")
    duplicate.run("git", "clone", "-q", ".", str(clone.path))
    clone.run("make", "-o", ".venv/.ok", "pull")
    assert clone.planned() == {}
    assert clone.out_of_date() == set()
    assert clone.run("git", "status", "--short") == ""
    clone.edit("params.yaml", f"system: {MODEL}\n", f"system: {MODEL}\n    training: {{lr: 0.01}}\n")
    assert clone.planned() == RERUN


def test_a_clone_rests(clone):
    """Records and published reports that came with the clone hold, whatever the times of its files are."""
    assert not (clone.path / "reports").exists()
    assert clone.planned("table2", "hgan_table1", "figure_motion_swap") == {}
    for name in ("table2.csv", "table2.json", "figure_motion_swap.png"):
        assert (clone.path / "reports" / name).read_bytes() == (clone.path / "published" / name).read_bytes()
    (clone.path / RECORD).unlink()
    missing = {"prepare": 1, "judge": 2, "train": 1, "evaluate": 1, "table": 1}
    assert clone.planned("reports/table2.csv") == missing
    clone.run("git", "checkout", "-q", RECORD)
    assert clone.planned("reports/table2.csv") == {}


def test_reports_of_other_settings_leave_the_published_ones_alone(clone):
    """A report that somebody has made stays, although the published one of the same name would hold."""
    clone.edit("params.yaml", "pairs: 4", "pairs: 3")
    assert clone.planned("figure_motion_swap")["figure"] == 1
    assert not (clone.path / "reports/figure_motion_swap.png").exists()
    clone.edit("params.yaml", "pairs: 3", "pairs: 4")
    for file in (clone.path / "published").glob("figure_motion_swap.*"):
        (clone.path / "reports" / file.name).write_text("{}")
    assert clone.planned("figure_motion_swap")["figure"] == 1
    assert (clone.path / "reports/figure_motion_swap.png").read_text() == "{}"
    assert clone.run("git", "status", "--short", "published") == ""


def test_a_clone_reruns_what_its_own_changes_touch(clone):
    assert clone.planned("table2") == {}
    path = clone.path / "src/latentmotion/models/dsvae.py"
    text = path.read_text()
    path.write_text(text + "\nANSWER = 42\n")
    assert clone.planned("table2")["train"] == 2  # S3VAE's networks are DSVAE's
    path.write_text(text)
    assert clone.planned("table2") == {}


@pytest.mark.parametrize(
    ("file", "old", "new", "trainings"),
    [
        ("params.yaml", f"system: {MODEL}\n", f"system: {MODEL}\n    training: {{lr: 0.01}}\n", 1),
        ("params.yaml", "predict_length: 16", "predict_length: 12", 3),
        ("config/tiny.yaml", "select_every: 4", "select_every: 2", 3),
        ("config/tiny.yaml", "people: 12", "people: 13", 3),
    ],
    ids=["training", "evaluation", "judge", "data"],
)
def test_a_clone_trains_what_other_settings_ask_for(clone, file, old, new, trainings):
    """Every setting that decides a record is compared before the record is adopted."""
    clone.edit(file, old, new)
    assert clone.planned("reports/table2.csv")["train"] == trainings


def test_a_record_that_lacks_a_protocol_is_made_again(clone):
    path = clone.path / RECORD
    record = json.loads(path.read_text())
    record["protocols"].remove("motion_swap")
    path.write_text(json.dumps(record))
    assert clone.planned("table2")["evaluate"] == 1


def test_another_seed_and_another_scale_have_jobs_of_their_own(finished, clone):
    assert clone.planned("reports/table2.csv", "--config", "seeds=[7]")["train"] == 3
    assert finished.planned("reports/table2.csv", "--config", "scale=quick")["train"] == 3
    assert finished.planned("reports/table2.csv") == {}
