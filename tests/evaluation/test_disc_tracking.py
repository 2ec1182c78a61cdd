"""Discs are found in made-up frames with known answers; paths of simulated systems give their own energy and orbit."""

import numpy as np
import pytest
import torch
from support.toy_systems import SYSTEMS, centres, conditions, made

from latentmotion.data.physics import rendering as discs
from latentmotion.data.physics.observed import INNER, momenta, motion
from latentmotion.data.physics.registry import find
from latentmotion.data.physics.tracker import Expected, find_discs, followed
from latentmotion.data.physics.trajectories import render
from latentmotion.data.prepare import prepare
from latentmotion.data.prepared import PreparedDataset
from latentmotion.evaluation import evaluate as evaluation
from latentmotion.evaluation.protocols import tracking
from latentmotion.evaluation.protocols.base import EvaluationContext
from latentmotion.models import base as contract

R = 0.12
TWO = Expected(2, discs.palette(2), (R, R))
ONE = Expected(1, discs.palette(1), (R, R))
PLACES = np.array([[0.3, 0.7], [0.71, 0.33]])


def picture(places=PLACES, radii=None, colours=None, size: int = 32) -> np.ndarray:
    """(1, 3, size, size) of discs, red and cyan where no other colours are given."""
    radii = [R] * len(places) if radii is None else radii
    colours = discs.palette(2)[: len(places)] if colours is None else colours
    return discs.draw(np.array(places)[None], np.array(radii)[None], np.array(colours, float)[None], size)


@pytest.mark.parametrize("size", [16, 32, 64])
def test_centres_and_areas_are_those_that_were_drawn(size):
    found = find_discs(np.concatenate([picture(size=size), picture(PLACES[::-1], size=size)]), TWO)
    assert found.right.all() and found.good.all() and found.hue.tolist() == [[0, 1], [0, 1]]
    assert np.abs(found.centres - [PLACES, PLACES[::-1]]).max() < 0.002
    assert np.abs(found.areas / (np.pi * R**2) - 1).max() < 0.2


@pytest.mark.parametrize(
    ("frame", "right", "good"),
    [
        (picture(np.zeros((0, 2))), False, False),  # nothing but the background
        (picture([PLACES[0]]), False, False),  # one body is missing
        (picture([*PLACES, [0.2, 0.2]], colours=discs.palette(2)[[0, 1, 1]]), False, False),  # one of a colour too many
        (picture(PLACES, colours=discs.palette(2)[[0, 0]]), False, False),  # two of one colour
        (picture([*PLACES, [0.2, 0.2]], colours=[*discs.palette(2), (1, 1, 0)]), False, False),  # a foreign colour
        (picture([PLACES[0], PLACES[0]]), False, False),  # one hides the other
        (picture([[0.4, 0.5], [0.6, 0.5]]), True, True),  # they touch
        (picture(radii=[R, 0.7 * R]), True, False),
        (picture(radii=[1.3 * R, R]), True, False),
        (picture(radii=[1.05 * R, R]), True, True),
        (picture(colours=[(0.75, 0.1, 0.1), (0, 1, 1)]), True, False),  # not red enough
        (
            picture([*PLACES, [0.2, 0.2]], radii=[R, R, 0.02], colours=discs.palette(2)[[0, 1, 1]]),
            True,
            True,
        ),  # a speck
        (np.full((1, 3, 32, 32), 255, np.uint8), False, False),
        (np.zeros((1, 3, 32, 32), np.uint8), False, False),
    ],
)
def test_what_is_right_and_what_is_good(frame, right, good):
    found = find_discs(frame, TWO)
    assert (bool(found.right[0]), bool(found.good[0])) == (right, good)
    assert np.isfinite(found.centres).all() == right


def test_noise_is_no_disc_and_hides_none():
    random = np.random.default_rng(0)
    nothing = random.integers(0, 256, (20, 3, 32, 32)).astype(np.uint8)
    assert not find_discs(nothing, TWO).right.any()
    noisy = picture().repeat(20, 0) + random.normal(0, 12, (20, 3, 32, 32))
    found = find_discs(np.clip(noisy, 0, 255).astype(np.uint8), TWO)
    assert found.good.all() and np.abs(found.centres - PLACES).max() < 0.01


def test_a_disc_that_is_merged_with_another_or_drawn_out_has_not_its_shape():
    merged = picture([[0.45, 0.5], [0.55, 0.5]], colours=[(1, 0, 0)] * 2)
    apart = picture([[0.3, 0.5], [0.7, 0.5]], colours=[(1, 0, 0)] * 2)
    streak = picture([[0.2 + 0.06 * i, 0.5] for i in range(11)], [0.035] * 11, [(1, 0, 0)] * 11)
    found = find_discs(np.concatenate([merged, apart, streak]), ONE)
    assert found.right.tolist() == [True, False, True] and not found.good.any()


def test_discs_of_one_hue_are_followed_from_frame_to_frame():
    alike = Expected(2, discs.palette(1), (R, R))
    way = np.array([[[0.3 + 0.04 * t, 0.7], [0.7 - 0.04 * t, 0.3]] for t in range(10)])
    frames = np.concatenate([picture(places, colours=discs.palette(1)[[0, 0]]) for places in way])
    path = followed(find_discs(frames, alike), (1, 10))[0]
    path = path if path[0, 0, 1] > 0.5 else path[:, ::-1]
    assert np.abs(path - way).max() < 0.003


@pytest.mark.parametrize("name", SYSTEMS)
def test_positions_are_the_inverse_of_places_and_momenta_of_velocities(name):
    system, found = find(name), made(name, 5, 40)
    constants = {constant: float(values[0]) for constant, values in found.constants.items()}
    q, p = np.split(np.moveaxis(found.states, -1, 0), 2)
    again = system.positions(system.places(q, constants), constants)
    turns = (again - q) / (2 * np.pi)
    assert np.allclose(again, q) or np.allclose(turns, np.rint(turns[..., :1]), atol=1e-9)
    velocity = system.gradient(q, p, constants)[1]
    assert np.allclose(momenta(system, q, velocity, constants), p, atol=1e-9)


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_simulated_path_has_its_own_energy_and_lies_on_its_orbit(name):
    system, found = find(name), made(name, 20, 16)
    constants = {constant: float(values[0]) for constant, values in found.constants.items()}
    way = centres(name, found)
    q, p = np.split(np.moveaxis(found.states, -1, 0), 2)
    energy = system.energy(q, p, constants)
    for bodies in (way, way[:, :, ::-1]):  # in whichever order they were found
        seen = motion(system, bodies, constants, 0.05)
        assert np.median(np.abs(seen.energy - energy[:, INNER])) < 0.02 * energy.std()
        assert np.median(seen.distance) < 0.01
    off = motion(system, way + 0.2 * np.sin(np.arange(16))[:, None, None], constants, 0.05)
    assert np.median(off.distance) > 0.05 and off.speed.mean() > seen.speed.mean()


class Videos(contract.SequenceModel):
    """Stand-in whose videos are those of a split, or without its bodies from a frame on."""

    capabilities = tracking.NEEDS

    def __init__(self, x: np.ndarray, broken: int = 0):
        super().__init__()
        self.x, self.given = torch.from_numpy(np.array(x)).float() / 127.5 - 1, 0
        self.x[:broken, 12:] = -1

    def motion_noise(self, length):
        return 1

    def sample_content(self, noise):
        return noise

    def sample_motion(self, action, length, noise):
        self.given += len(noise)
        return torch.arange(self.given - len(noise), self.given)

    def decode(self, content, motion):
        return self.x[motion]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("tracking") / "pendulum"
    options = {"sequences": 24, "test": 12, "validation": 4, "span": 64}
    prepare("pendulum", None, out, {"source": "real", "size": 32, "frames": 16, "options": options})
    return out


def context(folder) -> EvaluationContext:
    data = PreparedDataset.open(folder)
    test = data.split("test")
    partners = evaluation.swap_partners(test.group, 0)
    return EvaluationContext(None, test, data.split("train"), data, torch.device("cpu"), {"seed": 0}, partners)


def measured(folder, broken: int) -> dict[str, float]:
    given = context(folder)
    given.model = Videos(given.split.x, broken)
    assert tracking.applies(given) and tracking.scored(given) == 12
    return tracking.measure(given)


def test_real_videos_score_as_real_ones_do(folder):
    found = measured(folder, 0)
    real = {name.removeprefix("real_"): found.pop(name) for name in list(found) if name.startswith("real_")}
    assert found == pytest.approx(real)
    assert [found[name] for name in ("right_number", "good_frames", "clean_videos")] == [1, 1, 1]
    assert found["energy_drift"] < 0.03 and found["orbit_distance"] < 0.05 and found["energy_spread"] > 0.3


def test_shares_of_videos_that_lose_their_bodies(folder):
    found = measured(folder, 3)
    assert found["clean_videos"] == 9 / 12 and found["right_number"] == pytest.approx(1 - 3 * 4 / (12 * 16))
    nothing = measured(folder, 12)
    assert nothing["clean_videos"] == 0 and "speed" not in nothing and nothing["real_clean_videos"] == 1


def test_varied_quantities_leave_the_energy_unknown(tmp_path):
    out = tmp_path / "pendulum"
    options = {"sequences": 12, "test": 4, "validation": 4, "span": 32, "varied": True, "hues": 6}
    prepare("pendulum", None, out, {"source": "real", "size": 64, "frames": 16, "options": options})
    given = context(out)
    found = tracking.tracked(given, np.array(given.split.x))
    assert found["good_frames"] == 1 and found["speed"] > 0 and "energy" not in found


def test_every_system_is_seen_as_it_was_drawn():
    for name in SYSTEMS:
        system, found = find(name), made(name, 6, 16)
        chosen = conditions(system)
        x = render(system, found, np.tile(np.arange(16), (6, 1)), 32, chosen)
        radius = np.sqrt(max(float(np.max(mass)) for mass in system.masses(found.constants)) / np.pi)
        share = radius / (2 * system.plain.canvas)
        seen = find_discs(x.reshape(-1, 3, 32, 32), Expected(system.bodies, discs.palette(system.hues), (share, share)))
        assert seen.right.mean() > 0.95 and seen.good.mean() > 0.9, name
