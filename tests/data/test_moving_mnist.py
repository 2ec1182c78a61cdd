"""Stochastic moving MNIST: paths of the digits, which digits are shown, and how bad files and settings are refused."""

from pathlib import Path

import numpy as np
import pytest
from support.mnist_files import idx, write
from support.project import ROOT

from latentmotion.config import downloads
from latentmotion.core.errors import UserError
from latentmotion.data.datasets import moving_mnist
from latentmotion.data.prepare import prepare
from latentmotion.data.prepared import PreparedDataset
from latentmotion.data.readers import mnist
from latentmotion.data.readers.images import area_average
from latentmotion.data.sequences import Sequences
from latentmotion.data.synthetic import digits as drawn_digits
from latentmotion.data.synthetic.bouncing import bounces

SMALL = {"sequences": 60, "test": 20, "validation": 10, "continued": 24}
KEY, ROOM, SPEED = [7, 1], 32, 4


def chosen(source: str = "drawn", size: int = 64, frames: int = 8, **options) -> dict:
    return {"source": source, "size": size, "frames": frames, "options": SMALL | options}


def made(raw: Path | None = None, **changes) -> Sequences:
    settings = chosen(**changes)
    return moving_mnist.prepare(raw, {**settings, "options": moving_mnist.OPTIONS | settings["options"]})


@pytest.fixture
def raw(tmp_path) -> Path:
    write(tmp_path / "raw", mnist.TEST, 100, 1)
    return tmp_path / "raw"


def walls(path: np.ndarray) -> np.ndarray:
    return ((path == 0) | (path == ROOM)).any(axis=-1)


def test_a_digit_stays_inside_and_its_velocity_changes_at_walls_alone():
    path = bounces(KEY, 400, 100, ROOM, SPEED)
    assert path.min() == 0 and path.max() == ROOM
    step, wall = np.diff(path, axis=1), walls(path)
    assert not wall[:, 0].any()
    assert np.abs(step).max() == SPEED
    assert step.any(axis=2).all(), "a digit stands still"
    free = ~(wall[:, 1:-1] | wall[:, 2:])  # neither turns at this frame nor is stopped short in the next
    assert (step[:, 1:] == step[:, :-1])[free].all()
    # Into a wall the last step is short by what the wall takes, and no other.
    stopped, before = step[:, 1:][~wall[:, 1:-1] & wall[:, 2:]], step[:, :-1][~wall[:, 1:-1] & wall[:, 2:]]
    place = path[:, 2:][~wall[:, 1:-1] & wall[:, 2:]]
    met = (place == 0) | (place == ROOM)
    assert np.array_equal(stopped[~met], before[~met])
    assert (np.abs(stopped[met]) <= np.abs(before[met])).all() and (stopped[met] * before[met] > 0).all()


def test_after_a_wall_speed_and_direction_are_uniform_and_lead_away():
    path = bounces(KEY, 3000, 60, ROOM, SPEED)
    step = np.diff(path, axis=1)
    place, after = path[:, 1:-2], step[:, 1:-1]  # a bounce at `place`, its first step
    next_free = ~walls(path)[:, 2:-1]  # that step is whole
    left = (place[..., 0] == 0) & (place[..., 1] > 0) & (place[..., 1] < ROOM) & next_free
    away, along = after[left].T
    assert np.bincount(away, minlength=SPEED + 1)[0] == 0
    assert np.bincount(away)[1:].min() > 0.85 * np.bincount(away)[1:].mean(), "speeds away from a wall are not uniform"
    counts = np.bincount(along + SPEED, minlength=2 * SPEED + 1)
    assert len(counts) == 2 * SPEED + 1 and counts.min() > 0.7 * counts.mean(), "nor are those along it"
    assert (after[place == ROOM] < 0).all() and (after[place == 0] > 0).all()


def test_first_places_and_velocities_are_uniform():
    path = bounces(KEY, 8000, 2, ROOM, SPEED)
    counts = np.bincount(path[:, 0].ravel(), minlength=ROOM + 1)
    assert counts[0] == counts[ROOM] == 0 and counts[1:ROOM].min() > 0.8 * counts[1:ROOM].mean()
    step = (path[:, 1] - path[:, 0])[~walls(path)[:, 1]]
    velocities, seen = np.unique(step, axis=0, return_counts=True)
    assert len(velocities) == (2 * SPEED + 1) ** 2 - 1
    assert seen.min() > 0.5 * seen.mean()


def test_a_path_depends_on_its_own_number_alone():
    many = bounces(KEY, 50, 100, ROOM, SPEED)
    assert np.array_equal(many[:7], bounces(KEY, 7, 100, ROOM, SPEED))
    assert np.array_equal(many[:, :8], bounces(KEY, 50, 8, ROOM, SPEED))
    assert not np.array_equal(many[:, 0], bounces([7, 2], 50, 1, ROOM, SPEED)[:, 0])
    assert len(np.unique(many.reshape(50, -1), axis=0)) == 50


def test_frames_show_the_whole_digit_where_its_path_leads():
    images = drawn_digits.labelled()[0][:3]
    path = bounces(KEY, 3, 5, 64 - 28, SPEED)
    out = np.empty((3, 5, 1, 64, 64), np.uint8)
    moving_mnist.draw(out, images, path)
    for i, t in np.ndindex(3, 5):
        row, column = path[i, t]
        frame = out[i, t, 0].copy()
        assert np.array_equal(frame[row : row + 28, column : column + 28], images[i])
        frame[row : row + 28, column : column + 28] = 0
        assert not frame.any()


def test_bytes_depend_neither_on_the_batch_nor_on_how_many_there_are(monkeypatch):
    prepared = made()
    monkeypatch.setattr(moving_mnist, "_CHUNK", 24)
    again = made()
    assert np.array_equal(prepared.x, again.x) and np.array_equal(prepared.continued, again.continued)
    more = made(sequences=90, continued=40)
    assert np.array_equal(more.continued[:30, :24], prepared.continued[:30])
    assert np.array_equal(more.x[:60], prepared.x)


@pytest.mark.parametrize("size", [8, 16, 32])
def test_a_smaller_frame_is_the_average_of_the_larger(size):
    whole, small = made(), made(size=size)
    assert np.array_equal(small.x, area_average(whole.x, size))
    assert np.array_equal(small.continued[:30], area_average(whole.continued[:30], size))


def test_long_sequences_continue_the_short_ones(tmp_path):
    prepare("moving_mnist", None, tmp_path / "out", chosen(size=16, continued=100))
    for name in ("validation", "test"):
        split = PreparedDataset.open(tmp_path / "out").split(name)
        ids = np.arange(len(split))
        assert split.truth(100, ids).shape == (len(split), 100, 1, 16, 16)
        assert np.array_equal(split.truth(100, ids)[:, :8], split.x)
        assert split.continued.reshape(len(split), 100, -1).any(axis=2).all(), "a frame is empty"
    assert not (tmp_path / "out/train/continued.npy").exists()
    assert made(continued=8).continued is None


def test_digits_are_those_of_their_labels_balanced_and_disjoint():
    prepared = made(sequences=1400, test=200, validation=200, frames=2, continued=2, size=8)
    images, classes = drawn_digits.labelled()
    assert np.array_equal(prepared.labels["digit"], classes[prepared.group])
    groups = [set(prepared.group[prepared.split == name]) for name in ("train", "validation", "test")]
    assert sum(map(len, groups)) == len(set.union(*groups))
    assert [len(group) for group in groups] == [1000, 1797 // 10, 200], "a digit is shown again before all were"
    for name in ("train", "test"):
        counts = np.bincount(prepared.labels["digit"][prepared.split == name])
        assert counts.max() - counts.min() <= 1
    assert not np.array_equal(np.sort(list(groups[2])), np.arange(200)), "digits are split in the order of the file"


def test_real_digits_are_mnists(raw):
    prepared = made(raw, source="real")
    assert np.array_equal(prepared.x.max(axis=(1, 2, 3, 4)), 1 + prepared.group)
    assert np.array_equal(prepared.labels["digit"], prepared.group % 10)
    assert prepared.facts["instances"] == {"train": 70, "validation": 10, "test": 20}
    assert prepared.facts["source"].startswith("MNIST test images")
    assert "not MNIST" in made().facts["source"]


def test_with_mnists_training_images_its_test_images_are_the_test(raw):
    with pytest.raises(UserError, match="train-images-idx3-ubyte.gz: missing; fetch it with 'latentmotion fetch --dat"):
        made(raw, source="real", training_images=True)
    write(raw, mnist.TRAINING, 120, 101)
    prepared = made(raw, source="real", training_images=True)
    assert np.array_equal(prepared.x.max(axis=(1, 2, 3, 4)), 1 + prepared.group)
    assert (prepared.group[prepared.split == "test"] < 100).all()
    assert (prepared.group[prepared.split != "test"] >= 100).all()
    assert prepared.facts["instances"] == {"train": 110, "validation": 10, "test": 100}


def test_the_files_that_are_pinned_are_those_that_are_read():
    table = ROOT / "data/sources.csv"
    assert downloads.files("moving_mnist", table) == list(mnist.TEST)
    assert downloads.files("moving_mnist_training_images", table) == list(mnist.TRAINING)


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        (0, None, "t10k-images-idx3-ubyte.gz: missing; fetch it again"),
        (1, None, "t10k-labels-idx1-ubyte.gz: missing; fetch it again"),
        (0, idx(np.ones((100, 28, 28)))[:-30], "t10k-images-idx3-ubyte.gz: truncated or not a gzip file"),
        (0, idx(np.ones((100, 32, 32))), "pictures of 32 x 32 pixels, not 28 x 28"),
        (1, idx(np.arange(99) % 10), "t10k-labels-idx1-ubyte.gz: 99 labels for 100 images"),
        (1, idx(np.arange(100) % 11), "a label of 10, but digits are 0 to 9"),
        (1, idx(np.zeros((100, 1))), "t10k-labels-idx1-ubyte.gz: starts with 00000802"),
    ],
    ids=["no images", "no labels", "truncated", "pixels", "count", "class", "dimensions"],
)
def test_a_bad_file_is_named(raw, tmp_path, file, content, message):
    path = raw / mnist.TEST[file]
    path.unlink() if content is None else path.write_bytes(content)
    refused(message, tmp_path, raw, source="real")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"digit": 65}, "digit': 65, larger than the canvas of 64"),
        ({"digit": 64}, "a digit of 64 has 0 of 64 to move in"),
        ({"digit": 61}, "a digit of 61 has 3 of 64 to move in, too little for a speed of 4"),
        ({"speed": 32}, "too little for a speed of 32"),
        ({"size": 24}, "size': 24 does not divide 64, the side of the canvas"),
        ({"size": 128}, "size': 128 does not divide 64"),
        ({"continued": 7}, "continued': 7 is less than the 8 frames"),
        ({"sequences": 39}, "leave 9 for training; give each split 10 or more"),
        ({"validation": 3}, "20 of them test, 3 validation"),
        ({"training_images": True}, "training_images': MNIST has them, the drawn digits do not"),
        ({"training_images": 1}, "training_images': true or false; got 1"),
        ({"speed": 0}, "speed': a whole number of 1 or more"),
    ],
)
def test_impossible_settings_are_named(tmp_path, changes, message):
    refused(message, tmp_path, None, **changes)


def refused(message: str, folder: Path, raw: Path | None, **changes) -> None:
    """Checks that the error is one line with the message, and that nothing is written."""
    with pytest.raises(UserError) as caught:
        prepare("moving_mnist", raw, folder / "out", chosen(**changes))
    assert message in str(caught.value) and "\n" not in str(caught.value)
    assert not (folder / "out").exists()
