"""Three bodies under gravity (physics/gravity.py), near the figure of eight, a configuration that this project chose.

Hamiltonian GAN uses three bodies, but the published set has no such system and the paper does not describe it. We want
a motion that stays in the picture, is not exactly periodic, and has bodies that can be distinguished. The simplest
motion, three equal masses on a rotating triangle, is unstable: deviations grow as exp(0.71 w t), by a factor of a
million in 25.6 units of time at radius 1. For a close pair with a distant third body, the canvas would be so large that
the pair is one blot. The figure of eight (Chenciner and Montgomery, 2000), on which three equal masses follow each
other, is stable and completely in the picture: none of 10,000 trajectories left it within 512 frames, and none of 1,000
within 2,048.

With unit masses and g = 1, the figure of eight passes through q1 = -q2 = (0.97000436, -0.24308753), q3 = 0, v1 = v2 =
-v3 / 2, v3 = (-0.93240737, -0.86473146), and its period is 6.32591398. A trajectory is made in these steps. It starts
at one of 240 times of the period. Noise from N(0, 0.005^2) is added to each coordinate and each velocity, and the
centre of mass is put at rest in the middle. The state is rotated by a random angle, and the motion is forwards or
backwards. Lengths are multiplied by a scale a from U(1.5, 1.9) and speeds by sqrt(g m / a), so that the period is 6.33
sqrt(a^3 / (g m)), between 11.6 and 16.6. Masses and g are 1, and the canvas is 5.5 wide as for two bodies. With the
option `varied`, the common mass of all bodies and g are between 0.5 and 1.5, and the canvas is 6 wide. With different
masses there is no figure of eight.
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

    @cache  # noqa: B019  there is only one instance
    def eight(self) -> np.ndarray:
        """The figure of eight at TIMES equally spaced times of its period, (TIMES, q or v, body, axis)."""
        unit = {"m": np.ones(1), "g": np.ones(1)}
        path = integrate(
            lambda state, own: self.rate(state, own, 0.0), EIGHT.reshape(-1, 1), unit, PERIOD / TIMES, TIMES
        )
        return path.reshape(TIMES, *EIGHT.shape)


SYSTEM = ThreeBody()
OPTIONS = toy_physics.options(SYSTEM)


def prepare(raw, settings: dict) -> Sequences:
    """Clips of trajectories; see physics/toy_physics.py, also for the options."""
    return toy_physics.prepare(SYSTEM, settings)
