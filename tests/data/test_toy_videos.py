"""Toy Physics as videos: the pictures, the random keys of trajectories, the bounds of the canvas, and refusals."""

import hashlib
import subprocess
import sys

import numpy as np
import pytest
from support.toy_systems import SYSTEMS, centres, conditions, made, path

from latentmotion.core.errors import UserError
from latentmotion.data.datasets import double_pendulum
from latentmotion.data.physics import rendering, toy_physics
from latentmotion.data.physics import trajectories as module
from latentmotion.data.physics.registry import find, names
from latentmotion.data.physics.system import Ranges, System
from latentmotion.data.physics.trajectories import render, trajectories
from latentmotion.data.prepare import prepare
from latentmotion.data.prepared import PreparedDataset

OPTIONS = {"sequences": 11, "test": 4, "validation": 3, "span": 24}
SETTINGS = {"source": "real", "size": 16, "frames": 16, "options": OPTIONS}


def test_each_system_is_a_file_in_data():
    assert names() == list(SYSTEMS)
    with pytest.raises(UserError, match="system 'pendulun': no file in data/ has it; did you mean 'pendulum'"):
        find("pendulun")
    with pytest.raises(UserError, match="system 'sprites': no file in data/ has it"):
        find("sprites")


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_trajectory_is_the_same_in_any_batch(name):
    system, chosen = find(name), conditions(find(name), varied=True)
    numbers = np.array([4, 0, 11, 2, 7])
    together = trajectories(system, numbers, 40, chosen)
    frames = np.tile(np.arange(3, 40), (5, 1))
    pictures = render(system, together, frames, 32, chosen)
    for i, number in enumerate(numbers):
        alone = trajectories(system, np.array([number]), 40, chosen)
        assert alone.states.tobytes() == together[i : i + 1].states.tobytes()
        assert render(system, alone, frames[:1], 32, chosen).tobytes() == pictures[i : i + 1].tobytes()
        assert render(system, alone, np.array([[21]]), 32, chosen).tobytes() == pictures[i, 18].tobytes()
    assert len({picture.tobytes() for picture in pictures}) == 5


def test_bytes_do_not_depend_on_batches_or_processes(monkeypatch, tmp_path):
    """The bytes of a set are the same from batches of another size, in another process, and in a larger set."""
    chosen = {**SETTINGS, "options": double_pendulum.OPTIONS | OPTIONS | {"varied": True, "hues": 6}}
    whole = double_pendulum.prepare(None, chosen).x
    command = (
        "import hashlib; from latentmotion.data.datasets import double_pendulum as d;"
        f"print(hashlib.sha256(d.prepare(None, {chosen!r}).x.tobytes()).hexdigest())"
    )
    other = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True).stdout.strip()
    assert other == hashlib.sha256(whole.tobytes()).hexdigest()
    monkeypatch.setattr(module, "BATCH", 3)
    assert np.array_equal(whole, double_pendulum.prepare(None, chosen).x)
    larger = {**chosen, "options": chosen["options"] | {"sequences": 13}}
    assert np.array_equal(whole, double_pendulum.prepare(None, larger).x[:11])


def test_varied_quantities_stay_within_what_is_declared_and_hues_are_drawn():
    for name in SYSTEMS:
        system, found = find(name), made(name, 40, 2, varied=True, hues=6)
        for constant, (low, high) in system.varied.constants.items():
            assert low <= found.constants[constant].min() <= found.constants[constant].max() <= high
            assert low == high or np.ptp(found.constants[constant]) > 0.6 * (high - low)
        assert set(np.unique(found.hue)) == set(range(6))
        assert all(len(set(hue)) == system.bodies for hue in found.hue), "two bodies of one colour"
        plain = made(name, 40, 2)
        assert all(np.ptp(values) == 0 for values in plain.constants.values()) and not plain.offset.any()
        assert (np.sort(plain.hue) == np.arange(system.bodies)).all(), "the first hues, in any order"
        assert bool(system.varied.jitter) == bool(found.offset.any())
        assert not made(name, 2, 2, hues=1).hue.any()


def test_discs_lie_where_their_bodies_are():
    colours = rendering.palette(6)
    expected = [(1, 0, 0), (1, 1, 0), (0, 1, 0), (0, 1, 1), (0, 0, 1), (1, 0, 1)]
    assert np.allclose(colours, expected) and np.allclose(rendering.palette(2), [(1, 0, 0), (0, 1, 1)])
    places, radii = np.array([[[0.3, 0.7]], [[0.52, 0.41]]]), np.full((2, 1), 0.15)
    ground = np.rint(255 * np.array(rendering.BACKGROUND))[:, None, None]
    for size in (16, 32, 64):
        pictures = rendering.draw(places, radii, np.ones((2, 1, 3)), size).astype(float)
        assert (pictures[:, :, 0, -1] == ground[:, 0, 0]).all() and pictures.max() == 255
        cover = (pictures - ground).sum(1) / (255 * 3 - ground.sum())
        at = (np.arange(size) + 0.5) / size
        x, y = (cover.sum(1) @ at / cover.sum((1, 2)), 1 - cover.sum(2) @ at / cover.sum((1, 2)))
        assert np.abs(np.stack([x, y], axis=1) - places[:, 0]).max() < 0.002, "to the right and upwards"
        assert np.abs(cover.sum((1, 2)) / size**2 - np.pi * 0.15**2).max() < 0.003
    edge = rendering.draw(np.array([[[0.5, 0.5]]]), np.array([[0.2]]), np.ones((1, 1, 3)), 64)[0, 0, 31, 32:]
    cover = (edge - ground[0, 0, 0]) / (255 - ground[0, 0, 0])
    distance = np.hypot((np.arange(32) + 0.5) / 64, 0.5 / 64)
    assert np.abs(cover - 1 / (1 + np.exp(80 * (distance - 0.2)))).max() < 0.004


def test_the_first_body_lies_on_top():
    two = rendering.draw(np.full((1, 2, 2), 0.5), np.array([[0.12, 0.3]]), rendering.palette(2)[None], 32)[0]
    assert two[:, 16, 16].tolist() == [255, 0, 0] and two[:, 16, 22].tolist() == [0, 255, 255]


def test_bodies_are_drawn_at_the_size_of_their_mass():
    system, found = find("pendulum"), made("pendulum", 3, 1, varied=True)
    chosen = conditions(system, varied=True)
    x = render(system, found, np.zeros((3, 1), int), 64, chosen)[:, 0, 0].astype(float)
    area = (x - x.min()).sum((1, 2)) / (255 - x.min()) / 64**2
    assert np.allclose(area, found.constants["m"] / (2 * system.varied.canvas) ** 2, rtol=0.06)


@pytest.mark.parametrize("name", SYSTEMS)
def test_no_frame_is_blank(name):
    """Bodies may cover one another, but one of them is always seen, at its size."""
    system, found = find(name), made(name, 12, 150)
    x = render(system, found, np.tile(np.arange(150), (12, 1)), 32, conditions(system)).astype(int)
    ground = np.rint(255 * np.array(rendering.BACKGROUND)).astype(int)[:, None, None]
    seen = (np.abs(x - ground).sum(2) > 60).mean((2, 3))
    least = min(float(mass[0]) for mass in system.masses(found.constants)) / (2 * system.plain.canvas) ** 2
    assert (seen > 0.8 * least).all()


def test_what_leaves_the_canvas_is_drawn_again_from_its_own_key():
    found, system = made("two_body", 16, 200, varied=True), find("two_body")
    assert found.draws.max() > 0 and np.abs(centres("two_body", found)).max() <= system.varied.reach
    again = int(np.flatnonzero(found.draws)[0])
    rejected = module._draw(system, again, 0, conditions(system, varied=True))
    way = path("two_body", rejected["start"], 0.05, 200, **rejected["constants"])
    assert np.abs(way[:, :4]).max() > system.varied.reach, "the first draw was within the canvas"


class Runaway(System):
    """Moves to the right for ever, or, with H = q^2 p, to infinity at time 1."""

    name, bodies, hues = "mass_spring", 1, 1

    def __init__(self, power: int, reach: float):
        self.power, self.plain = power, Ranges({}, (1.0, 1.0), reach)

    def start(self, rng, constants, ranges):
        return np.array([1.0, 1.0])

    def energy(self, q, p, constants):
        return q[0] ** self.power * p[0]

    def gradient(self, q, p, constants):
        return self.power * q ** (self.power - 1) * p, q**self.power

    def positions(self, places, constants):
        return places[0, :1]

    def places(self, q, constants):
        return np.stack([q[0], np.zeros_like(q[0])])[None]

    def masses(self, constants):
        return [np.ones(1)]


@pytest.mark.parametrize(
    ("system", "message"),
    [(Runaway(0, 2.02), "leaves the canvas at frame 21"), (Runaway(2, 1e300), "diverges at frame 20")],
)
def test_one_that_never_fits_is_named(monkeypatch, system, message):
    monkeypatch.setattr(module, "DRAWS", 3)
    expected = rf"datasets\.mass_spring\.options': trajectory 5 {message} in the last of its 3 draws"
    with pytest.raises(UserError, match=expected) as caught:
        trajectories(system, np.array([5, 9]), 40, conditions(system))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "wrong", "message"),
    [
        ("pendulum", {"dt": 0.0}, r"options\.dt': 0\.0, but time must pass"),
        ("pendulum", {"dt": 1e9}, r"options': trajectory 0 diverges at frame 1 in the last of its 100 draws"),
        ("pendulum", {"dt": -0.1}, r"options\.dt': a number of 0 or more"),
        ("pendulum", {"friction": -0.1}, r"options\.friction': a number of 0 or more"),
        ("pendulum", {"varied": 1}, r"options\.varied': true or false"),
        ("two_body", {"friction": 0.05}, "bodies under gravity that lose energy fall into each other"),
        ("three_body", {"hues": 2}, "2 colours for 3 bodies"),
        ("pendulum", {"hues": 0}, r"options\.hues': a whole number of 1 or more"),
        ("mass_spring", {"continued": 12}, "16 frames, 12 continued, a span of 24"),
        ("mass_spring", {"continued": 32}, "16 frames, 32 continued, a span of 24"),
        ("mass_spring", {"sequences": 7}, "7 sequences, 4 of them test, 3 validation, leave 0 for training"),
    ],
)
def test_impossible_sets_are_refused(tmp_path, name, wrong, message):
    with pytest.raises(UserError, match=message) as caught:
        prepare(name, None, tmp_path / "out", {**SETTINGS, "options": OPTIONS | wrong})
    assert "\n" not in str(caught.value) and not list(tmp_path.iterdir())


def test_simulated_data_have_no_drawn_source(tmp_path):
    with pytest.raises(UserError, match=r"datasets\.pendulum\.source': Toy Physics is simulated"):
        prepare("pendulum", None, tmp_path / "out", {**SETTINGS, "source": "drawn"})


def test_clips_begin_anywhere_and_go_on_for_validation_and_test(tmp_path):
    chosen = {**SETTINGS, "options": OPTIONS | {"continued": 20, "span": 60}}
    prepare("three_body", None, tmp_path / "three_body", chosen)
    test, system = PreparedDataset.open(tmp_path / "three_body").split("test"), find("three_body")
    assert test.x.shape == (4, 16, 3, 16, 16) and test.truth(20, np.arange(4)).shape[1] == 20
    assert np.array_equal(test.truth(20, np.arange(4))[:, :16], test.x)
    found = made("three_body", 4, 60)
    whole = render(system, found, np.tile(np.arange(60), (4, 1)), 16, conditions(system))
    begin = [next(t for t in range(41) if np.array_equal(whole[i, t : t + 16], test.x[i])) for i in range(4)]
    assert len(set(begin)) > 1 and begin == (found.chance * 41).astype(int).tolist()
    assert not (tmp_path / "three_body/train/continued.npy").exists()
    facts = PreparedDataset.open(tmp_path / "three_body").facts
    assert facts["constants"] == {"m": [1.0, 1.0], "g": [1.0, 1.0]} and facts["seed"] == module.SEED
    assert (facts["dt"], facts["friction"]) == (0.05, 0)


def test_published_settings_are_the_defaults():
    for name in SYSTEMS:
        options = toy_physics.options(find(name))
        assert (options["dt"], options["friction"], options["varied"], options["span"]) == (0.05, 0.0, False, 512)
        assert options["hues"] == {"mass_spring": 1, "pendulum": 1, "three_body": 3}.get(name, 2)
