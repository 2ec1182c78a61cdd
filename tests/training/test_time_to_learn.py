"""The benchmark of the time to learn: it stops at the bars or the budget, and continues where it was interrupted."""

import importlib.util
import sys
from pathlib import Path

import pytest
from support.prepared_data import prepared_once
from support.project import ROOT

from latentmotion.core.records import read_record
from latentmotion.data.prepared import PreparedDataset

MODEL, DATASET = "flow-finite-kappa-1e-2", "ring_finite"
EVERY = 3  # of 8 steps


@pytest.fixture
def script():
    """The script as a module."""
    spec = importlib.util.spec_from_file_location("time_to_learn", ROOT / "benchmarks/time_to_learn.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.fixture
def start(script, tmp_path, tmp_path_factory, monkeypatch):
    """Runs the script on one flow at scale tiny. Returns its record."""
    root = tmp_path / "root"
    folder = root / "data/processed/tiny" / DATASET
    folder.parent.mkdir(parents=True)
    folder.symlink_to(prepared_once(tmp_path_factory, DATASET, "real"))

    def command(*words: str, state: str = "state") -> dict:
        places = ["--root", str(root), "--state", str(tmp_path / state), "--out", str(tmp_path / "out")]
        settings = ["--scale", "tiny", "--every", str(EVERY), *places, *words]
        monkeypatch.setattr(sys, "argv", ["time_to_learn.py", *settings, f"{MODEL}/{DATASET}"])
        script.main()
        return read_record(tmp_path / f"out/tiny/{MODEL}/{DATASET}/seed0.json")

    return command


def scores(record: dict) -> list[tuple]:
    return [(found["step"], found["learnt"], found["learnt_by"][0]["value"]) for found in record["points"]]


def test_it_measures_until_the_last_batch_where_nothing_is_learnt(start, capsys):
    record = start()
    assert [found["step"] for found in record["points"]] == [3, 6, 8]
    assert [found["sequences"] for found in record["points"]] == [3 * 64, 6 * 64, 8 * 64]
    spent = [found["core_seconds"] for found in record["points"]]
    assert spent == sorted(spent) and not record["points"][-1]["learnt"]
    values = [value for _, _, value in scores(record)]
    assert len(set(values)) == 3, "the weights change from one measurement to the next"
    lines = capsys.readouterr().out.splitlines()
    assert "has not learnt. On validation sequences, the run " in lines[0]
    assert lines[-1].split()[:2] == [f"{MODEL}/{DATASET}", "no"] and lines[-1].split()[-2:] == ["512", "8"]


def test_it_stops_when_every_bar_is_passed(start, script, monkeypatch, capsys):
    found = iter([False, True])
    result = {"learnt_by": [], "learnt_why": "A reason."}
    monkeypatch.setattr(script, "learnt", lambda context: result | {"learnt": next(found)})
    assert [point["learnt"] for point in start()["points"]] == [False, True]
    assert capsys.readouterr().out.splitlines()[-1].split()[:2] == [f"{MODEL}/{DATASET}", "yes"]


def test_it_stops_when_the_budget_is_spent(start):
    assert [found["step"] for found in start("--core-minutes", "1e-9")["points"]] == [3]


def test_interrupted_it_continues_with_the_same_scores(start, script, monkeypatch):
    whole = start(state="other")
    measured = script.measured

    def interrupted(loop, context):
        if loop.done == 6:
            raise KeyboardInterrupt
        return measured(loop, context)

    with monkeypatch.context() as patch:
        patch.setattr(script, "measured", interrupted)
        with pytest.raises(SystemExit, match="the same command continues"):
            start()
    assert scores(start()) == scores(whole)


def test_no_test_sequence_is_opened(start, monkeypatch):
    opened, split = [], PreparedDataset.split

    def noted(self, name):
        opened.append(name)
        return split(self, name)

    monkeypatch.setattr(PreparedDataset, "split", noted)
    start("--core-minutes", "1e-9")
    assert set(opened) == {"train", "validation"}


@pytest.mark.parametrize("name", ["halo", "halo/sprits"])
def test_an_unknown_name_is_one_line(script, monkeypatch, name):
    monkeypatch.setattr(sys, "argv", ["time_to_learn.py", name])
    with pytest.raises(SystemExit, match="^error: .*(halo|sprits)") as caught:
        script.main()
    assert "\n" not in str(caught.value) and not Path("results/time-to-learn").exists()
