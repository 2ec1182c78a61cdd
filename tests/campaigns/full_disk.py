"""Every beginning of writing fails in turn, in train, judge, prepare, evaluate, table and track.

Each time the verb ends with one line, and what lies in its folder is the old output or the new one, or is refused by
its reader. No temporary file is left.
"""

import json
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from support.campaign import report, size
from support.full_disk import run
from support.prepared_data import prepared_once
from support.project import ROOT
from support.tracked_runs import make as make_tracked

from latentmotion.config import params
from latentmotion.config.settings import evaluation_settings, judge_settings, prepare_settings, training_settings
from latentmotion.core.errors import UserError
from latentmotion.core.records import Evaluation, read_record
from latentmotion.data.prepared import PreparedDataset
from latentmotion.evaluation.judges.base import read_judge
from latentmotion.training.load import load_run

P = params.load(ROOT / "params.yaml", {"scale": "tiny"})
DATA = "sprites-drawn"
MODEL = "dsvae"
CPU = torch.device("cpu")
SIZES = (0, 1, 100, 1000, 4096, 5000, 20_000, 60_000, 200_000)


@dataclass(frozen=True)
class Verb:
    """A verb: its words in a folder, and the output as its reader gives it, or a UserError."""

    words: Callable[[Path], list[str]]
    output: Callable[[Path], object]


def _settings(content: dict) -> list[str]:
    return ["--settings", json.dumps(content)]


def _prepare(folder: Path) -> list[str]:
    return ["prepare", "--dataset", "sprites", "--out", f"{folder}/data", *_settings(prepare_settings(P, DATA))]


def _train(folder: Path) -> list[str]:
    settings = training_settings(P, MODEL, DATA)
    settings["training"]["steps"] = 2
    places = ["--data", f"{folder}/data", "--out", f"{folder}/run", "--state", f"{folder}/state"]
    return ["train", "--model", MODEL, "--seed", "0", *places, "--checkpoint-seconds", "0", *_settings(settings)]


def _judge(folder: Path) -> list[str]:
    settings = judge_settings(P, DATA) | {"steps": 2, "select_every": 1}
    words = ["judge", "--data", f"{folder}/data", "--label", "action", "--out", f"{folder}/judges"]
    return [*words, *_settings(settings)]


def _evaluate(folder: Path) -> list[str]:
    places = ["--data", f"{folder}/data", "--judges", f"{folder}/judges", "--out", f"{folder}/record.json"]
    return ["evaluate", "--model", "real", *places, *_settings(evaluation_settings(P, DATA, 0))]


def _track(folder: Path) -> list[str]:
    return [
        "track",
        str(folder / "results/tiny/real/sprites-drawn/seed0.json"),
        "--database",
        str(folder / "mlflow.db"),
    ]


def _whole(folder: Path) -> list:
    data = PreparedDataset.open(folder / "data")
    return [data.split(name).x.tobytes() for name in ("train", "validation", "test")]


def _scores(folder: Path) -> dict:
    record = read_record(folder / "record.json", Evaluation)
    return {name: record[name] for name in ("metrics", "protocols", "data")}


def _rows(folder: Path) -> list:
    """SQLite itself checks the store; it may have any number of the runs that were to be added."""
    with sqlite3.connect(folder / "mlflow.db") as store:
        return store.execute("pragma integrity_check").fetchall()


VERBS = {
    "prepare": Verb(_prepare, _whole),
    "train": Verb(_train, lambda folder: load_run(folder / "run", CPU)[1]["weights"]),
    "judge": Verb(_judge, lambda folder: read_judge(folder / "judges/action.safetensors")["weights"]),
    "evaluate": Verb(_evaluate, _scores),
    "track": Verb(_track, _rows),
}


@pytest.fixture(scope="module")
def before(tmp_path_factory) -> Path:
    """A folder in which every verb has been run once."""
    folder = tmp_path_factory.mktemp("before")
    shutil.copytree(prepared_once(tmp_path_factory, "sprites", "drawn"), folder / "data")
    make_tracked(folder)
    for name, verb in VERBS.items():
        words = verb.words(folder)
        if name == "evaluate":
            for label in P.judge.labels["sprites"]:
                made = [label if word == "action" else word for word in _judge(folder)]
                assert run(made, folder)[0] == 0
        code, lines, _ = run(words, folder)
        assert code == 0, lines
    return folder


def failed(verb: Verb, before: Path, folder: Path, **limits: int) -> tuple[bool, int]:
    """Runs a verb in a copy of the folder; whether it failed, after the checks, and how often it began to write."""
    shutil.copytree(before, folder)
    old = verb.output(folder)
    code, lines, count = run(verb.words(folder), folder, **limits)
    there = sorted(str(file.relative_to(folder)) for file in folder.rglob(".*"))
    if code:
        messages = [line for line in lines if line.startswith("latentmotion ")]  # the others are of a progress bar
        assert code == 1 and messages == lines[-1:] and "Traceback" not in "".join(lines), (code, lines)
    assert there == [], "temporary files are left"
    try:
        assert verb.output(folder) == old  # the verbs are deterministic: the new output is the old one
    except UserError:
        assert code
    shutil.rmtree(folder)
    return bool(code), count


@pytest.mark.parametrize("name", [name for name in VERBS if name != "track"])
def test_each_beginning_of_writing_fails_in_turn(name, before, tmp_path):
    verb = VERBS[name]
    did_fail, count = failed(verb, before, tmp_path / "whole")
    assert not did_fail and count > 2
    number = min(count, size(count))
    for fails_at in range(1, number + 1):
        assert failed(verb, before, tmp_path / str(fails_at), fails_at=fails_at)[0], f"{fails_at} was not noticed"
    report(f"full disk, {name}: {number} of {count} beginnings of writing failed in turn")


@pytest.mark.parametrize("name", VERBS)
def test_no_file_can_become_larger(name, before, tmp_path):
    failures = [failed(VERBS[name], before, tmp_path / str(largest), largest=largest)[0] for largest in SIZES]
    assert failures[0] and failures == sorted(failures, reverse=True)
    report(f"full disk, {name}: {sum(failures)} of {len(SIZES)} limits of the size of a file stopped it")
