"""Pendulum of Toy Physics: a bob on a rigid rod, H = p^2 / (2 m l^2) + m g l (1 - cos q).

q is the angle from hanging at rest, anticlockwise. As in the published set m = 0.5, g = 3, l = 1, and the initial (q,
p) lies at a distance U(1.3, 2.3) from the origin, in any direction: some swing, those whose energy is above 2 m g l =
3 turn over. Varied: m in 0.5 to 1.5, g in 3 to 4, l in 0.5 to 1, radii even by area, and the place of the pivot.
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

    def masses(self, constants: Constants) -> list:
        return [constants["m"]]


SYSTEM = Pendulum()
OPTIONS = toy_physics.options(SYSTEM)


def prepare(raw, settings: dict) -> Sequences:
    """Clips of trajectories, as physics/toy.py says, with its options."""
    return toy_physics.prepare(SYSTEM, settings)
