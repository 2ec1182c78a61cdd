"""Two bodies of Toy Physics: they circle their common centre under gravity (physics/gravity.py).

As in the published set both masses and g are 1, the first body starts at (x, y), x and y from U(0.5, 1.5), the second
at (-x, -y), and their speeds 1 / (2 sqrt(r)) keep both on the circle of radius r = |(x, y)|, clockwise, with the
period 4 pi r^1.5. (The text that comes with the published set says that r is drawn from an annulus; its code does
this.) Varied: masses and g in 0.5 to 1.5 with the same momenta, so that orbits are no circles; a third of the draws
leave the canvas, which is 10 wide then, and are drawn again.
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
    """Clips of trajectories, as physics/toy.py says, with its options."""
    return toy_physics.prepare(SYSTEM, settings)
