"""Toy Physics is compared with scipy, with closed forms and with the quantities that each system conserves."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.special import ellipk
from support.toy_systems import DAMPED, SYSTEMS, centres, conditions, energies, made, path

from latentmotion.data.physics.gravity import Gravity
from latentmotion.data.physics.registry import find
from latentmotion.data.physics.system import Ranges


@pytest.mark.parametrize("name", SYSTEMS)
@pytest.mark.parametrize("varied", [False, True])
def test_the_gradient_is_that_of_the_energy(name, varied):
    system, rng, step = find(name), np.random.default_rng(3), 1e-6
    ranges = system.varied if varied else system.plain
    constants = {constant: rng.uniform(*bounds) for constant, bounds in ranges.constants.items()}
    state = system.start(rng, constants, ranges)
    numeric = [
        (
            system.energy(*np.split(state + step * unit, 2), constants)
            - system.energy(*np.split(state - step * unit, 2), constants)
        )
        / (2 * step)
        for unit in np.eye(len(state))
    ]
    assert np.allclose(np.concatenate(system.gradient(*np.split(state, 2), constants)), numeric, atol=1e-7)


@pytest.mark.parametrize("name", SYSTEMS)
def test_without_friction_energy_is_kept(name):
    energy = energies(name, made(name, 6, 200))
    assert np.abs(energy - energy[:, :1]).max() < 1e-9 * max(1, np.abs(energy).max())
    assert np.ptp(energy[:, 0]) > 0.01, "every trajectory is the same"


@pytest.mark.parametrize(("name", "friction"), [(n, 0.0) for n in SYSTEMS] + [(n, 0.05) for n in DAMPED])
def test_states_are_those_of_scipy(name, friction):
    """What the published sets are made with: solve_ivp, both tolerances 1e-12."""
    system, found = find(name), made(name, 2, 50, friction=friction, varied=True)
    own = {constant: values[1] for constant, values in found.constants.items()}
    expected = solve_ivp(
        lambda _, state: system.rate(state[:, None], own, friction)[:, 0],
        (0, 49 * 0.05),
        found.states[1, 0],
        t_eval=np.arange(50) * 0.05,
        rtol=1e-12,
        atol=1e-12,
    )
    assert np.abs(expected.y.T - found.states[1]).max() < 1e-8


def test_a_spring_and_a_pendulum_have_their_periods():
    for m, k in ((0.5, 2.0), (0.3, 1.5)):
        turn = path("mass_spring", [0.7, -0.2], 2 * np.pi * np.sqrt(m / k) / 8, 9, m=m, k=k)
        assert np.allclose(turn[[0, 4]], [[0.7, -0.2], [-0.7, 0.2]], atol=1e-12) and np.allclose(turn[8], turn[0])
    for angle in (1e-4, 1.0, 2.5):
        period = 4 * np.sqrt(0.8 / 3.3) * ellipk(np.sin(angle / 2) ** 2)
        swing = path("pendulum", [angle, 0.0], period / 8, 9, m=0.7, l=0.8, g=3.3)
        assert np.allclose(swing[[4, 8]], [[-angle, 0], [angle, 0]], atol=1e-9)
    assert np.isclose(4 * np.sqrt(0.8 / 3.3) * ellipk(0.25e-8), 2 * np.pi * np.sqrt(0.8 / 3.3))


def test_friction_damps_a_spring_as_it_should():
    m, k, friction, t = 0.5, 2.0, 0.3, np.arange(100) * 0.05
    rate = friction / (2 * m)
    pulse = np.sqrt(k / m - rate**2)
    expected = np.exp(-rate * t) * (np.cos(pulse * t) + rate / pulse * np.sin(pulse * t))
    assert np.abs(path("mass_spring", [1.0, 0.0], 0.05, 100, friction)[:, 0] - expected).max() < 1e-10


@pytest.mark.parametrize("name", DAMPED)
def test_friction_takes_energy_away(name):
    energy = energies(name, made(name, 3, 60, friction=0.05))
    assert (np.diff(energy, axis=1) < 0).all()


def test_two_bodies_circle_their_centre():
    found = made("two_body", 8, 400)
    places = centres("two_body", found)
    radius = np.linalg.norm(places, axis=-1)
    assert np.abs(radius - radius[:, :1, :1]).max() < 1e-11 and np.allclose(places[:, :, 0], -places[:, :, 1])
    assert (places[:, 0, 0] > 0.5).all() and (places[:, 0, 0] < 1.5).all() and np.ptp(radius) > 0.2
    angle = np.unwrap(np.arctan2(places[..., 0, 1], places[..., 0, 0]), axis=1)
    assert np.allclose(np.diff(angle, axis=1), -2 * np.pi * 0.05 / (4 * np.pi * radius[:, :1, 0] ** 1.5))


def test_three_bodies_stay_in_the_picture_of_their_eight():
    eight = find("three_body").eight()
    last = path("three_body", eight[-1].reshape(-1), 6.32591398 / 240, 2)[1]
    assert np.abs(last - eight[0].reshape(-1)).max() < 1e-6, "the eight does not close"
    shift = np.roll(eight[:, 0, [1, 2, 0]], 80, axis=0)
    chase = min(np.abs(shift - eight[:, 0]).max(), np.abs(np.roll(eight[:, 0, [2, 0, 1]], 80, 0) - eight[:, 0]).max())
    assert chase < 1e-6, "the bodies do not follow one another on one curve"
    for varied in (False, True):
        found = made("three_body", 100, 512, varied=varied)
        reach = conditions(find("three_body"), varied=varied).ranges(find("three_body")).reach
        places, radius = centres("three_body", found), np.sqrt(found.constants["m"] / np.pi)
        assert (found.draws == 0).all() and (np.abs(places).max(axis=(1, 2, 3)) + radius < reach).all()
        assert np.abs(places.mean(axis=2)).max() < 1e-9, "it drifts"


def test_gravity_pulls_bodies_of_any_mass_together():
    class Pair(Gravity):
        name, bodies, hues = "pair", 2, 2
        plain = varied = Ranges({"m1": (2.0, 2.0), "m2": (3.0, 3.0), "g": (0.5, 0.5)}, (1.0, 1.0), 9.0)
        masses = staticmethod(lambda constants: [constants["m1"], constants["m2"]])

        def start(self, rng, constants, ranges):
            return np.array([0.0, 0.0, 2.0, 0.0, 0.0, 0.0, 0.0, 0.0])

    pair = Pair()
    q, p = np.split(pair.start(None, None, None), 2)
    by_q, by_p = pair.gradient(q, p, {"m1": 2.0, "m2": 3.0, "g": 0.5})
    assert np.allclose(-by_q, [0.75, 0, -0.75, 0]) and not by_p.any(), "g m1 m2 / r^2, towards the other"


def test_an_annulus_is_even_by_radius_or_by_area():
    rng = np.random.default_rng(0)
    for by_area, middle in ((False, 1.5), (True, np.sqrt(2.5))):
        ranges = Ranges({}, (1.0, 2.0), 1.0, by_area)
        points = np.array([ranges.annulus(rng) for _ in range(4000)])
        radius = np.linalg.norm(points, axis=1)
        assert radius.min() >= 1 and radius.max() <= 2 and abs(np.median(radius) - middle) < 0.02
        assert np.abs(points.mean(axis=0)).max() < 0.1
