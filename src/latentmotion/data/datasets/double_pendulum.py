"""Double pendulum of Toy Physics: the second pendulum hangs from the bob of the first. The motion is chaotic.

    H = (m2 l2^2 p1^2 + (m1 + m2) l1^2 p2^2 - 2 m2 l1 l2 p1 p2 cos(q1 - q2)) / (2 m2 l1^2 l2^2 (m1 + m2 sin^2(q1 - q2)))
        - (m1 + m2) g l1 cos q1 - m2 g l2 cos q2

q1 and q2 are the anticlockwise angles of both rods from their position at rest. As in the published set, m = 0.5, l =
1, g = 3, and the initial (q1, p1) and (q2, p2) are each at a distance U(1.3, 2.3) from the origin, in any direction.
With the option `varied`, both m are between 0.4 and 0.6, both l between 0.75 and 1, g between 2.5 and 4, initial states
are uniform in the area of an annulus with radii from 1 to 2.5, and the place of the pivot is random.
"""

import numpy as np

from latentmotion.data.physics import toy_physics
from latentmotion.data.physics.system import Constants, Ranges, System
from latentmotion.data.sequences import Sequences

NAMES = ("m1", "m2", "l1", "l2", "g")


def _each(mass: tuple, length: tuple, g: tuple) -> dict[str, tuple[float, float]]:
    return dict(zip(NAMES, (mass, mass, length, length, g), strict=True))


class DoublePendulum(System):
    name, bodies, hues = "double_pendulum", 2, 2
    plain = Ranges(_each((0.5, 0.5), (1.0, 1.0), (3.0, 3.0)), radius=(1.3, 2.3), reach=2 + np.sqrt(0.5 / np.pi))
    varied = Ranges(
        _each((0.4, 0.6), (0.75, 1.0), (2.5, 4.0)),
        radius=(1.0, 2.5),
        reach=2 + np.sqrt(0.6 / np.pi),
        by_area=True,
        jitter=0.4,
    )

    def start(self, rng: np.random.Generator, constants: Constants, ranges: Ranges) -> np.ndarray:
        return np.stack([ranges.annulus(rng), ranges.annulus(rng)], axis=1).reshape(-1)

    def energy(self, q: np.ndarray, p: np.ndarray, constants: Constants) -> np.ndarray:
        m1, m2, l1, l2, g = (constants[name] for name in NAMES)
        (p1, p2), between = p, q[0] - q[1]
        kinetic = m2 * l2**2 * p1**2 + (m1 + m2) * l1**2 * p2**2 - 2 * m2 * l1 * l2 * p1 * p2 * np.cos(between)
        kinetic = kinetic / (2 * m2 * (l1 * l2) ** 2 * (m1 + m2 * np.sin(between) ** 2))
        return kinetic - (m1 + m2) * g * l1 * np.cos(q[0]) - m2 * g * l2 * np.cos(q[1])

    def gradient(self, q: np.ndarray, p: np.ndarray, constants: Constants) -> tuple[np.ndarray, np.ndarray]:
        """With w = dH/dp = M^-1 p: the kinetic energy p^T M^-1 p / 2 depends on q1 - q2 alone, and its derivative is
        -w^T M' w / 2 = m2 l1 l2 w1 w2 sin(q1 - q2)."""
        m1, m2, l1, l2, g = (constants[name] for name in NAMES)
        between, total, moment = q[0] - q[1], m1 + m2, m2 * l1 * l2
        sine, cosine = np.sin(between), np.cos(between)
        along1, along2 = p[0] / l1, p[1] / l2
        free = m1 + m2 * sine * sine
        w1 = (along1 - along2 * cosine) / (l1 * free)
        w2 = (total * along2 - m2 * along1 * cosine) / (m2 * l2 * free)
        turn, (sine1, sine2) = moment * w1 * w2 * sine, np.sin(q)
        return np.stack([turn + total * g * l1 * sine1, m2 * g * l2 * sine2 - turn]), np.stack([w1, w2])

    def places(self, q: np.ndarray, constants: Constants) -> np.ndarray:
        first, second = (
            constants[length] * np.stack([np.sin(angle), -np.cos(angle)])
            for length, angle in zip(("l1", "l2"), q, strict=True)
        )
        return np.stack([first, first + second])

    def positions(self, places: np.ndarray, constants: Constants) -> np.ndarray:
        x, y = np.moveaxis(np.stack([places[0], places[1] - places[0]]), 1, 0)
        return np.unwrap(np.arctan2(x, -y), axis=-1)

    def masses(self, constants: Constants) -> list:
        return [constants["m1"], constants["m2"]]


SYSTEM = DoublePendulum()
OPTIONS = toy_physics.options(SYSTEM)


def prepare(raw, settings: dict) -> Sequences:
    """Clips of trajectories; see physics/toy_physics.py, also for the options."""
    return toy_physics.prepare(SYSTEM, settings)
