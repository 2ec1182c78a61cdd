"""Rotating balls and faces of 16 frames: what holds for them beyond the contract of every data set."""

import numpy as np
import pytest
from PIL import Image
from support.project import ROOT

from latentmotion.config import downloads
from latentmotion.core.errors import UserError
from latentmotion.data.datasets import balls, faces
from latentmotion.data.prepare import prepare
from latentmotion.data.prepared import PreparedDataset
from latentmotion.data.sequences import Sequences
from latentmotion.data.synthetic import faces as drawn_faces

SETTINGS = {"source": "real", "size": 32, "frames": 16, "options": {"sequences": 40, "test": 12, "validation": 8}}
FACES = {"source": "drawn", "size": 16, "frames": 8, "options": {"people": 2, "takes": 3}}


def centres(x: np.ndarray) -> np.ndarray:
    """Centres of mass of frames (..., 3, H, W) in pixels from the middle: (..., 2), rightwards and downwards."""
    mass = x.astype(float).sum(-3)
    offsets = np.arange(x.shape[-1]) - (x.shape[-1] - 1) / 2
    moments = mass.sum(-2) @ offsets, mass.sum(-1) @ offsets
    return np.stack(moments, axis=-1) / mass.sum((-1, -2))[..., None]


def made(**options) -> Sequences:
    return balls.prepare(None, {**SETTINGS, "options": balls.OPTIONS | SETTINGS["options"] | options})


def test_the_centre_keeps_its_distance_and_turns_once_in_a_revolution():
    place = centres(made(revolution=10).x)
    assert np.abs(np.hypot(*np.moveaxis(place, -1, 0)) - 10).max() < 0.05  # orbit 20 of 64 units, 32 pixels
    turned = np.diff(np.unwrap(np.arctan2(place[..., 1], place[..., 0]), axis=1), axis=1)
    assert np.abs(turned - 2 * np.pi / 10).max() < 0.01
    assert np.abs(place[:, 0] - place[:, 10]).max() < 1e-6


def test_half_of_the_balls_are_red_and_half_are_blue():
    prepared = made(sequences=400, test=120, validation=80)
    red, green, blue = np.moveaxis(prepared.x.max((1, 3, 4)).astype(int), -1, 0)
    assert np.array_equal(blue > red, prepared.labels["colour"] == 1)
    for split in ("train", "validation", "test"):
        assert prepared.labels["colour"][prepared.split == split].mean() == 0.5
    start = np.arctan2(*centres(prepared.x[:, 0]).T[::-1])
    for colour in (0, 1):
        counts = np.histogram(start[prepared.labels["colour"] == colour], bins=4, range=(-np.pi, np.pi))[0]
        assert counts.min() > 30, "initial angles are not uniform, or tell the colour"


def test_edges_are_anti_aliased_and_the_disc_has_its_area():
    x = balls.draw(np.full((1, 1), 0.3), np.array([0]), 20, 8, 32)[0, 0, 0]
    assert len(np.unique(x)) > 5
    assert abs(x.sum() / 230 - np.pi * 4**2) < 1


@pytest.mark.parametrize(("revolution", "repeats"), [(16, True), (8, True), (10, False)])
def test_balls_repeat_only_after_whole_revolutions(tmp_path, revolution, repeats):
    chosen = {**SETTINGS, "options": SETTINGS["options"] | {"revolution": revolution}}
    prepare("balls", None, tmp_path / "balls", chosen)
    test, ids = PreparedDataset.open(tmp_path / "balls").split("test"), np.arange(3)
    assert test.repeats is repeats
    if repeats:
        assert np.array_equal(test.truth(40, ids)[:, 16:32], test.x[ids])
    else:
        with pytest.raises(UserError, match="balls/test: sequences of 16 frames, shorter than the 40"):
            test.truth(40, ids)


def test_balls_have_no_raw_files_and_no_drawn_source():
    assert downloads.files("balls", ROOT / "data/sources.csv") == []
    with pytest.raises(UserError, match=r"datasets\.balls\.source': balls are generated"):
        balls.prepare(None, {**SETTINGS, "source": "drawn", "options": balls.OPTIONS})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sequences": 20, "test": 12, "validation": 8}, "leave 0 for training"),
        ({"orbit": 28}, "orbit 28 and radius 8 reach beyond"),
        ({"revolution": 1}, "after 1 frame a ball is where it was"),
    ],
)
def test_impossible_balls_are_refused(options, message):
    with pytest.raises(UserError, match=message) as caught:
        made(**options)
    assert "\n" not in str(caught.value)


def test_drawn_faces_go_on_from_the_frames_that_models_learn_from(tmp_path):
    prepare("faces", None, tmp_path / "faces", FACES)
    test = PreparedDataset.open(tmp_path / "faces").split("test")
    truth = test.truth(16, np.arange(len(test)))
    assert truth.shape[1] == 16 and np.array_equal(truth[:, :8], test.x)
    assert not (tmp_path / "faces/train/continued.npy").exists()
    with pytest.raises(UserError, match="faces/test: sequences of 16 frames, shorter than the 17"):
        test.truth(17, np.arange(2))


def test_an_expression_grows_to_its_apex_is_held_and_goes():
    person, expression = (axis.ravel() for axis in np.meshgrid(np.arange(4), np.arange(6)))
    clips = drawn_faces.draw(person, expression, np.zeros(24, int), 8, 16, 32).astype(float)
    change = np.abs(clips - clips[:, :1]).mean((2, 3, 4))
    assert (change[:, 7] >= change[:, :8].max(1) - 1e-9).all(), "the apex is not reached within the first 8 frames"
    assert np.allclose(change[:, 15], 0), "after 16 frames the face is not neutral again"
    assert (np.diff(change[:, 7:], axis=1) < 0.05).all(), "after the apex an expression may not grow again"
    assert np.array_equal(drawn_faces.draw(person, expression, np.zeros(24, int), 8, 8, 32), clips[:, :8])


def test_a_real_take_too_short_for_prediction_is_named(tmp_path):
    take = tmp_path / "raw/001/fear/take002"
    take.mkdir(parents=True)
    for number in range(20):
        Image.new("RGB", (40, 32), (number, 0, 0)).save(take / f"img_{number:04d}.jpg")
    chosen = {**FACES, "source": "real", "options": {}}
    with pytest.raises(UserError, match="fear/take002: 20 frames, too short: 16 at every second frame take 31"):
        prepare("faces", tmp_path / "raw", tmp_path / "out", chosen)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("continued", "kept"), [(8, False), (12, True)])
def test_how_long_takes_go_on_is_an_option(continued, kept):
    prepared = faces.prepare(None, {**FACES, "options": faces.OPTIONS | FACES["options"] | {"continued": continued}})
    assert prepared.x.shape[1] == 8
    assert (prepared.continued is not None and prepared.continued.shape[1] == 12) is kept
    with pytest.raises(UserError, match=r"options\.continued': 7 is less than the 8 frames"):
        faces.prepare(None, {**FACES, "options": faces.OPTIONS | FACES["options"] | {"continued": 7}})
