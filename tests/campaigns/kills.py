"""500 SIGKILLs during saves: the file is the old one or the new one, and what was left over goes at the next start."""

import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from support.campaign import report, size

from latentmotion.core.files import remove_left_overs, write_atomic
from latentmotion.core.records import read_record, write_record
from latentmotion.training.checkpoint import Checkpoint

CPU = torch.device("cpu")
KEY = "a" * 64
NUMBERS = 200_000  # of the saved array, 0.8 MB: one save takes some milliseconds


def killed(work: Callable[[int], None], seconds: float) -> None:
    """Repeats `work` with 1, 2, 3 and so on in a process of its own, which is killed after some time."""
    child = os.fork()
    if not child:
        try:
            number = 0
            while True:
                number += 1
                work(number)
        finally:
            os._exit(1)  # not reached unless `work` fails
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), "the work failed before it was killed"


def left(folder: Path) -> list[str]:
    return [file.name for file in folder.rglob(".*") if file.is_file()]


@pytest.fixture
def draw():
    return random.Random(0)


def test_checkpoints(tmp_path, draw):
    """Each attempt continues from the state of the one before and saves; its states count upwards."""
    count, reached, half = size(500), 0, 0
    for _ in range(count):
        attempt = Checkpoint(tmp_path, KEY)

        def work(number, attempt=attempt, done=reached):
            if number == 1:
                attempt.open(Path("runs/x"))
            attempt.save({"done": done + number, "array": torch.full((NUMBERS,), float(done + number))})

        killed(work, draw.uniform(0.005, 0.08))
        half += bool(left(tmp_path))
        following = Checkpoint(tmp_path, KEY)
        following.open(Path("runs/x"))
        assert left(tmp_path) == []
        state = following.load(CPU)
        following.close(finished=False)
        if state is not None:
            assert state["done"] >= reached and bool((state["array"] == state["done"]).all())
            reached = state["done"]
    report(f"kills of checkpoints: {count}, none torn; {half} left a temporary file, which the next start removed")


def test_records(tmp_path, draw):
    """A record and a file beside it, as most verbs write them."""
    count, half = size(500), 0
    path, beside = tmp_path / "record.json", tmp_path / "weights"
    write_record(path, {"done": 0, "values": [0] * 5000})
    write_atomic(beside, bytes(NUMBERS))
    for _ in range(count):

        def work(number):
            write_atomic(beside, bytes([number % 256]) * NUMBERS)
            write_record(path, {"done": number, "values": [number] * 5000})

        killed(work, draw.uniform(0.002, 0.04))
        half += bool(left(tmp_path))
        for file in (path, beside):
            remove_left_overs(file)
        assert left(tmp_path) == []
        record, content = read_record(path), beside.read_bytes()
        assert record["values"] == [record["done"]] * 5000 and content == content[:1] * NUMBERS
    report(f"kills of records: {count}, none torn; {half} left a temporary file, which the next start removed")
