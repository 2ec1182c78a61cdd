"""Three bodies under gravity (physics/gravity.py), near the figure of eight: a configuration of this project.

Hamiltonian GAN uses three bodies, but the published set has none and the paper says nothing of theirs. Wanted is a
motion that no video leaves, that is not periodic alone, and whose bodies can be told apart. Three equal masses on a
rotating triangle, the simplest motion, cannot be perturbed: deviations grow as exp(0.71 w t), a millionfold over 25.6
s at radius 1. A close pair with a distant third needs a canvas on which the pair is one blot. The figure of eight
(Chenciner and Montgomery, 2000), on which three equal masses chase one another, is stable, and the whole of it is in
the picture: of 10,000 trajectories none left it within 512 frames, of 1,000 none within 2,048.

With unit masses and g = 1 it passes through q1 = -q2 = (0.97000436, -0.24308753), q3 = 0, v1 = v2 = -v3 / 2, v3 =
(-0.93240737, -0.86473146), and closes after 6.32591398. A trajectory starts at a random one of 240 times of it,
rotated by a random angle, forwards or backwards, enlarged by a scale a from U(1.5, 1.9) (speeds by sqrt(g m / a), so
that the period is 6.33 sqrt(a^3 / (g m)): 11.6 to 16.6), after N(0, 0.005^2) has been added to each coordinate and
each velocity of the eight in its own units and the centre of mass put at rest in the middle. Masses and g are 1, the
canvas is 5.5 wide as that of two bodies. Varied: one mass for all three and g, each in 0.5 to 1.5, on a canvas 6
wide; with masses that differ there is no eight.
"""

from functools import cache

import numpy as np

from latentmotion.data.physics import toy_physics
from latentmotion.data.physics.dormand_prince import integrate
from latentmotion.data.physics.gravity import Gravity
from latentmotion.data.physics.system import Constants, Ranges
from latentmotion.data.sequences import Sequences

PERIOD = 6.32591398
TIMES = 240
NOISE = 0.005
_FIRST, _THIRD = np.array([0.97000436, -0.24308753]), np.array([-0.93240737, -0.86473146])
EIGHT = np.stack([[_FIRST, -_FIRST, 0 * _FIRST], [-_THIRD / 2, -_THIRD / 2, _THIRD]])  # (q or v, body, axis)


class ThreeBody(Gravity):
    name, bodies, hues = "three_body", 3, 3
    plain = Ranges({"m": (1.0, 1.0), "g": (1.0, 1.0)}, radius=(1.5, 1.9), reach=2.75)
    varied = Ranges({"m": (0.5, 1.5), "g": (0.5, 1.5)}, radius=(1.5, 1.9), reach=3.0)

    def start(self, rng: np.random.Generator, constants: Constants, ranges: Ranges) -> np.ndarray:
        scale, mass = rng.uniform(*ranges.radius), constants["m"]
        angle = rng.uniform(0, 2 * np.pi)
        cos, sin = np.cos(angle), np.sin(angle)
        x, y = np.moveaxis(self.eight()[rng.integers(TIMES)] + NOISE * rng.standard_normal(EIGHT.shape), -1, 0)
        state = np.stack([cos * x - sin * y, sin * x + cos * y], axis=-1)
        state -= state.mean(axis=1, keepdims=True)
        direction = 1 if rng.random() < 0.5 else -1
        units = scale, direction * mass * np.sqrt(constants["g"] * mass / scale)
        return np.concatenate([unit * part.reshape(-1) for unit, part in zip(units, state, strict=True)])

    def masses(self, constants: Constants) -> list:
        return [constants["m"]] * 3

    @cache  # noqa: B019  there is one instance
    def eight(self) -> np.ndarray:
        """The eight at equal times over its period, (TIMES, q or v, body, axis)."""
        unit = {"m": np.ones(1), "g": np.ones(1)}
        path = integrate(
            lambda state, own: self.rate(state, own, 0.0), EIGHT.reshape(-1, 1), unit, PERIOD / TIMES, TIMES
        )
        return path.reshape(TIMES, *EIGHT.shape)


SYSTEM = ThreeBody()
OPTIONS = toy_physics.options(SYSTEM)


def prepare(raw, settings: dict) -> Sequences:
    """Clips of trajectories, as physics/toy.py says, with its options."""
    return toy_physics.prepare(SYSTEM, settings)
