"""Two bodies of Toy Physics: they move around their common centre under gravity (physics/gravity.py).

As in the published set, both masses and g are 1. The first body starts at (x, y), with x and y from U(0.5, 1.5), the
second at (-x, -y). With the speed 1 / (2 sqrt(r)) both stay on the circle of radius r = |(x, y)| and move clockwise
with the period 4 pi r^1.5. (This is what the code of the published set does; its text states that the initial position
is drawn from an annulus.) With the option `varied`, masses and g are between 0.5 and 1.5 and the momenta are the same,
so that orbits are not circles. Then the canvas is 10 wide, and a third of the draws leave it and are drawn again.
"""

import numpy as np

from latentmotion.data.physics import toy_physics
from latentmotion.data.physics.gravity import Gravity
from latentmotion.data.physics.system import Constants, Ranges
from latentmotion.data.sequences import Sequences


class TwoBody(Gravity):
    name, bodies, hues = "two_body", 2, 2
    plain = Ranges({"m1": (1.0, 1.0), "m2": (1.0, 1.0), "g": (1.0, 1.0)}, radius=(0.5, 1.5), reach=2.75)
    varied = Ranges({"m1": (0.5, 1.5), "m2": (0.5, 1.5), "g": (0.5, 1.5)}, radius=(0.5, 1.5), reach=5.0)

    def start(self, rng: np.random.Generator, constants: Constants, ranges: Ranges) -> np.ndarray:
        x, y = rng.uniform(*ranges.radius, 2)
        momentum = np.array([y, -x]) / (2 * np.hypot(x, y) ** 1.5)
        return np.concatenate([(x, y), (-x, -y), momentum, -momentum])

    def masses(self, constants: Constants) -> list:
        return [constants["m1"], constants["m2"]]


SYSTEM = TwoBody()
OPTIONS = toy_physics.options(SYSTEM)


def prepare(raw, settings: dict) -> Sequences:
    """Clips of trajectories; see physics/toy_physics.py, also for the options."""
    return toy_physics.prepare(SYSTEM, settings)
