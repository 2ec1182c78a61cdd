"""Moving shapes: the pictures agree with their labels, and combinations of labels are split as described."""

import numpy as np
import pytest

from latentmotion.core.errors import UserError
from latentmotion.data.datasets import moving_shapes as shapes
from latentmotion.data.prepare import prepare
from latentmotion.data.synthetic.shapes import Window


def made(size: int = 32, frames: int = 16, takes: int = 1):
    return shapes.prepare(None, {"source": "real", "size": size, "frames": frames, "options": {"takes": takes}})


@pytest.fixture(scope="module")
def prepared():
    return made()


@pytest.fixture(scope="module")
def centres(prepared):
    """Centres of mass, (N, T, 2), in 1/64 of the side: rightwards and downwards."""
    mass = prepared.x.astype(float).sum(axis=2)
    at = (np.arange(32) + 0.5) * 2
    return np.stack([mass.sum(axis=2) @ at, mass.sum(axis=3) @ at], axis=-1) / mass.sum(axis=(2, 3))[..., None]


def test_every_combination_is_there_and_in_one_split():
    prepared = made(size=8, frames=2, takes=3)
    names = ("shape", "size", "colour", "motion", "direction")
    values = np.stack([prepared.labels[name] for name in names])
    combinations, counts = np.unique(values, axis=1, return_counts=True)
    assert combinations.shape == (5, 480) and set(counts) == {3}
    assert len(np.unique(np.concatenate([values, prepared.group[None]]), axis=1).T) == 480
    assert len(np.unique(prepared.group)) == 480
    assert all(len(set(prepared.split[prepared.group == group])) == 1 for group in range(480))
    assert len({sequence.tobytes() for sequence in made(takes=3, frames=3).x}) == 1440, "takes are alike"


def test_every_split_has_each_content_and_each_motion_as_often(prepared):
    content = np.ravel_multi_index([prepared.labels[name] for name in ("shape", "size", "colour")], (4, 2, 5))
    for name, motions in (("test", 2), ("validation", 2), ("train", 8)):
        inside = prepared.split == name
        assert (np.bincount(content[inside], minlength=40) == motions).all()
        counts = np.bincount(prepared.labels["action"][inside], minlength=12)
        assert counts.max() - counts.min() <= 2
        both = np.zeros((12, 2), int)
        np.add.at(both, (prepared.labels["action"][inside], prepared.labels["size"][inside]), 1)
        assert both.min() >= 2, f"a motion of {name} tells the size"


def test_shapes_lie_inside_the_picture_and_have_the_area_of_their_size():
    prepared = made(size=64, frames=6)
    area = prepared.x.max(axis=2).astype(float).sum(axis=(-1, -2)) / prepared.x.max(axis=(2, 3, 4))
    for size, radius in enumerate(shapes.SIZES.values()):
        found = area[prepared.labels["size"] == size] / (np.pi * radius**2)
        assert found.min() > 0.95 and found.max() < 1.12
    assert area[prepared.labels["size"] == 0].max() < area[prepared.labels["size"] == 1].min()


def test_colours_are_those_of_their_labels(prepared):
    brightest = made(size=64, frames=2).x.max(axis=(1, 3, 4))
    assert np.array_equal(brightest, np.array(list(shapes.COLOURS.values()))[prepared.labels["colour"]])


@pytest.mark.parametrize(
    ("shape", "inside", "outside"),
    [
        ("circle", [(0.9, 0), (0.6, 0.6)], [(1.1, 0), (0.8, 0.8)]),
        ("square", [(0.8, 0), (0.8, 0.8)], [(1.0, 0), (0, -1.0)]),
        ("triangle", [(0, -1.4), (1.2, 0.7)], [(0, 0.9), (0.8, -0.7), (-0.8, -0.7)]),
        ("cross", [(0, -1.1), (1.1, 0), (0.3, 0.3)], [(0.6, 0.6), (-0.6, 0.6)]),
    ],
)
def test_shapes_agree_with_their_names(shape, inside, outside):
    at = Window(256)
    distance = shapes.outline(at, shape, np.array([32.0]), np.array([32.0]), np.array([16.0]))[0]
    for points, sign in ((inside, -1), (outside, 1)):
        column, row = np.round((32 + 16 * np.array(points)) * 4 - 0.5).astype(int).T
        assert (np.sign(distance[row, column]) == sign).all()
    mask = distance < 0
    assert abs(mask.mean() * 64 * 64 / (np.pi * 16**2) - 1) < 0.02
    rows, columns = np.nonzero(mask)
    assert np.abs(np.array([rows.mean(), columns.mean()]) - 127.5).max() < 1.5, "it is not drawn about its centre"
    assert np.hypot(rows - 127.5, columns - 127.5).max() / 64 < shapes._REACH


def test_shapes_move_in_the_direction_of_their_label(prepared, centres):
    whole = centres[:, -1] - centres[:, 0]
    direction, diagonal = prepared.labels["direction"], prepared.labels["motion"] == 1
    unit = np.array([*shapes.WAYS.values(), *shapes.SLANTS.values()], float)
    unit /= np.hypot(*unit.T)[:, None]
    assert np.array_equal(diagonal, direction >= len(shapes.WAYS))
    along = (whole * unit[direction]).sum(axis=1)
    assert along.min() > shapes.TRAVEL[0] - 1 and along.max() < shapes.TRAVEL[1] + 1
    across = (whole * unit[direction][:, ::-1] * [1, -1]).sum(axis=1)
    assert np.abs(across).max() < 1, "it ends beside its line"


def test_straight_and_diagonal_lines_are_even_and_zig_zags_swing_twice(prepared, centres):
    step = np.diff(centres, axis=1)
    zigzag = prepared.labels["motion"] == 2
    straight = step[~zigzag]
    assert np.abs(straight - straight.mean(axis=1, keepdims=True)).max() < 0.5
    ways = np.array(list(shapes.WAYS.values()))[prepared.labels["direction"][zigzag]]
    path = centres[zigzag] - centres[zigzag, :1]
    across = np.abs(path * ways[:, None, ::-1] * 1.0).max(axis=-1) * np.sign(
        (path * np.abs(ways[:, None, ::-1])).sum(-1)
    )
    along = (path * ways[:, None]).sum(axis=-1)
    assert np.abs(np.diff(along, 2, axis=1)).max() < 1, "along its way a zig-zag is not even"
    assert (across.max(axis=1) > shapes.SWING[0] - 2).all() and (across.min(axis=1) < -shapes.SWING[0] + 2).all()
    assert np.abs(across).max() < shapes.SWING[1] + 1
    turns = np.diff(np.sign(np.diff(across, axis=1)), axis=1) != 0
    assert (turns.sum(axis=1) == 4).all()
    first = np.sign(across[:, 1])
    assert 0.3 < (first > 0).mean() < 0.7, "all swing to the same side first"


def test_a_sequence_depends_on_its_own_numbers_alone(prepared, monkeypatch):
    more = made(takes=2)
    assert np.array_equal(more.x[::2], prepared.x)
    monkeypatch.setattr(shapes, "_CHUNK", 16)
    assert np.array_equal(made().x, prepared.x)


def test_a_smaller_frame_shows_the_same():
    large, small = made(size=64, frames=3).x, made(size=16, frames=3).x
    averaged = large.reshape(480, 3, 3, 16, 4, 16, 4).mean(axis=(4, 6))
    assert np.abs(averaged - small).mean() < 1
    assert np.abs(averaged - small).max() < 100, "an edge may be a third of a grey level off, no more"


def test_a_drawn_source_and_misspelt_options_are_refused(tmp_path):
    chosen = {"source": "drawn", "size": 16, "frames": 4, "options": {"takes": 1}}
    for wrong, message in (
        ({}, r"datasets\.moving_shapes\.source': shapes are generated"),
        ({"source": "real", "options": {"takes": 0}}, "takes': a whole number of 1 or more"),
        ({"source": "real", "options": {"take": 2}}, "take': unknown; did you mean 'takes'"),
    ):
        with pytest.raises(UserError, match=message) as caught:
            prepare("moving_shapes", None, tmp_path / "out", chosen | wrong)
        assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []
