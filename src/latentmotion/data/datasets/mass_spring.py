"""Mass spring of Toy Physics: a mass moves up and down on a spring, H = k q^2 / 2 + p^2 / (2 m).

q is the height, 0 at rest. As in the published set, k = 2, m = 0.5, and the initial (q, p / sqrt(k m)) is at a distance
U(0.1, 1) from the origin, in any direction. The motion is harmonic with the period 2 pi sqrt(m / k) = 3.14. With the
option `varied`, m is between 0.2 and 1, initial states are uniform in the area of the annulus, and the place of the
spring is random.
"""

import numpy as np

from latentmotion.data.physics import toy_physics
from latentmotion.data.physics.system import Constants, Ranges, System
from latentmotion.data.sequences import Sequences


class MassSpring(System):
    name, bodies, hues = "mass_spring", 1, 1
    plain = Ranges({"k": (2.0, 2.0), "m": (0.5, 0.5)}, radius=(0.1, 1.0), reach=1 + np.sqrt(0.5 / np.pi))
    varied = Ranges(
        {"k": (2.0, 2.0), "m": (0.2, 1.0)}, radius=(0.1, 1.0), reach=1 + np.sqrt(1 / np.pi), by_area=True, jitter=0.4
    )

    def start(self, rng: np.random.Generator, constants: Constants, ranges: Ranges) -> np.ndarray:
        return ranges.annulus(rng) * np.array([1.0, np.sqrt(constants["k"] * constants["m"])])

    def energy(self, q: np.ndarray, p: np.ndarray, constants: Constants) -> np.ndarray:
        return constants["k"] * q[0] ** 2 / 2 + p[0] ** 2 / (2 * constants["m"])

    def gradient(self, q: np.ndarray, p: np.ndarray, constants: Constants) -> tuple[np.ndarray, np.ndarray]:
        return constants["k"] * q, p / constants["m"]

    def places(self, q: np.ndarray, constants: Constants) -> np.ndarray:
        return np.stack([np.zeros_like(q[0]), q[0]])[None]

    def positions(self, places: np.ndarray, constants: Constants) -> np.ndarray:
        return places[0, 1:]

    def masses(self, constants: Constants) -> list:
        return [constants["m"]]

    def offset(self, rng: np.random.Generator, ranges: Ranges) -> np.ndarray:
        """With varied quantities, the published set also moves the spring to the right by up to 1."""
        return super().offset(rng, ranges) + np.array([rng.uniform(0, 1 if ranges.jitter else 0), 0.0])


SYSTEM = MassSpring()
OPTIONS = toy_physics.options(SYSTEM)


def prepare(raw, settings: dict) -> Sequences:
    """Clips of trajectories; see physics/toy_physics.py, also for the options."""
    return toy_physics.prepare(SYSTEM, settings)
