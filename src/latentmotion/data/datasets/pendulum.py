"""Pendulum of Toy Physics: a bob on a rigid rod, H = p^2 / (2 m l^2) + m g l (1 - cos q).

q is the anticlockwise angle from the position at rest. As in the published set, m = 0.5, g = 3, l = 1, and the initial
(q, p) is at a distance U(1.3, 2.3) from the origin, in any direction. Pendulums with an energy above 2 m g l = 3
rotate, the others swing. With the option `varied`, m is between 0.5 and 1.5, g between 3 and 4, l between 0.5 and 1,
initial states are uniform in the area of the annulus, and the place of the pivot is random.
"""

import numpy as np

from latentmotion.data.physics import toy_physics
from latentmotion.data.physics.system import Constants, Ranges, System
from latentmotion.data.sequences import Sequences


class Pendulum(System):
    name, bodies, hues = "pendulum", 1, 1
    plain = Ranges(
        {"m": (0.5, 0.5), "g": (3.0, 3.0), "l": (1.0, 1.0)}, radius=(1.3, 2.3), reach=1 + np.sqrt(0.5 / np.pi)
    )
    varied = Ranges(
        {"m": (0.5, 1.5), "g": (3.0, 4.0), "l": (0.5, 1.0)},
        radius=(1.3, 2.3),
        reach=1 + np.sqrt(1.5 / np.pi),
        by_area=True,
        jitter=0.4,
    )

    def start(self, rng: np.random.Generator, constants: Constants, ranges: Ranges) -> np.ndarray:
        return ranges.annulus(rng)

    def energy(self, q: np.ndarray, p: np.ndarray, constants: Constants) -> np.ndarray:
        m, g, length = (constants[name] for name in "mgl")
        return p[0] ** 2 / (2 * m * length**2) + m * g * length * (1 - np.cos(q[0]))

    def gradient(self, q: np.ndarray, p: np.ndarray, constants: Constants) -> tuple[np.ndarray, np.ndarray]:
        m, g, length = (constants[name] for name in "mgl")
        return m * g * length * np.sin(q), p / (m * length**2)

    def places(self, q: np.ndarray, constants: Constants) -> np.ndarray:
        return (constants["l"] * np.stack([np.sin(q[0]), -np.cos(q[0])]))[None]

    def positions(self, places: np.ndarray, constants: Constants) -> np.ndarray:
        x, y = places[0]
        return np.unwrap(np.arctan2(x, -y), axis=-1)[None]

    def masses(self, constants: Constants) -> list:
        return [constants["m"]]


SYSTEM = Pendulum()
OPTIONS = toy_physics.options(SYSTEM)


def prepare(raw, settings: dict) -> Sequences:
    """Clips of trajectories; see physics/toy_physics.py, also for the options."""
    return toy_physics.prepare(SYSTEM, settings)
