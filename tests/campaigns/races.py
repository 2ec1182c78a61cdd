"""Two trainings in one folder at once, 200 times: none is lost or mixed, and the one that loses ends with one line.

In half of the races file locks do not reach the other process, as between two nodes of a cluster.
"""

import fcntl
import json
import random
import time
from pathlib import Path

import pytest
from support.campaign import report, size
from support.every_system import P
from support.forked import Child

from latentmotion.config.settings import prepare_settings, training_settings
from latentmotion.core.files import file_digest
from latentmotion.data.prepare import prepare

STEPS = 20
FILES = ("weights.safetensors", "history.jsonl", "samples.png")
LOST = ("is being trained by process ", "taken over by process ", "taken over by an attempt that has finished")


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "ring"
    prepare("ring", None, folder, prepare_settings(P, "ring"))
    return folder


def words(data: Path, folder: Path) -> list[str]:
    settings = training_settings(P, "flow", "ring")
    settings["training"]["steps"] = STEPS
    places = ["--data", str(data), "--out", str(folder / "run"), "--state", str(folder / "state")]
    every = ["--checkpoint-seconds", "0"]
    return ["train", "--model", "flow", "--seed", "0", *places, *every, "--settings", json.dumps(settings)]


def without_locks() -> None:
    fcntl.flock = lambda *_: None


def bits(folder: Path) -> list[str]:
    return [file_digest(folder / "run" / name) for name in FILES]


@pytest.mark.parametrize("locks", [False, True])
def test_of_two_trainings_one_ends_as_if_it_were_alone(data, tmp_path, locks):
    draw, number = random.Random(int(locks)), size(200) // 2
    began = time.monotonic()
    assert Child(words(data, tmp_path / "alone")).end()[0] == 0
    seconds, undisturbed, lost = time.monotonic() - began, bits(tmp_path / "alone"), 0
    for race in range(number):
        folder = tmp_path / str(race)
        children = []
        for _ in range(2):
            children.append(Child(words(data, folder), (lambda: None) if locks else without_locks))
            time.sleep(draw.uniform(0, seconds) * (len(children) == 1))
        ended = [child.end() for child in children]
        codes = [code for code, _ in ended]
        assert 0 in codes and set(codes) <= {0, 1}, ended
        for code, lines in ended:
            if code:
                lost += 1
                messages = [line for line in lines if line.startswith("latentmotion ")]
                assert messages == lines[-1:] and any(text in lines[-1] for text in LOST), lines
        assert bits(folder) == undisturbed
        assert not [file for file in folder.rglob("*") if file.name.startswith(".") or file.suffix == ".pt"]
    assert lost
    kind = "with locks" if locks else "without locks"
    report(f"races {kind}: {number}; one of the two ended with one line in {lost} of them")
