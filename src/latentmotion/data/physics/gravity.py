"""Bodies in the plane that attract each other, as in Toy Physics.

    H = sum_i |p_i|^2 / (2 m_i) - g sum_(i<j) m_i m_j / |q_i - q_j|

Degrees of freedom are ordered by body: x_1, y_1, x_2, ... As in the published sets there is no friction, because bodies
that lose energy fall into each other.
"""

from itertools import combinations

import numpy as np

from latentmotion.data.physics.system import Constants, System


class Gravity(System):
    """Base class of systems of `bodies` bodies under gravity, with the constant `g`."""

    frictionless = True

    def energy(self, q: np.ndarray, p: np.ndarray, constants: Constants) -> np.ndarray:
        masses = self.masses(constants)
        total = sum((p[2 * i] ** 2 + p[2 * i + 1] ** 2) / (2 * m) for i, m in enumerate(masses))
        for i, j in combinations(range(self.bodies), 2):
            x, y = q[2 * i] - q[2 * j], q[2 * i + 1] - q[2 * j + 1]
            total = total - constants["g"] * masses[i] * masses[j] / np.sqrt(x * x + y * y)
        return total

    def gradient(self, q: np.ndarray, p: np.ndarray, constants: Constants) -> tuple[np.ndarray, np.ndarray]:
        masses, by_q, by_p = self.masses(constants), np.zeros_like(q), np.empty_like(p)
        for i, j in combinations(range(self.bodies), 2):
            x, y = q[2 * i] - q[2 * j], q[2 * i + 1] - q[2 * j + 1]
            square = x * x + y * y
            strength = constants["g"] * masses[i] * masses[j] / (square * np.sqrt(square))
            for axis, along in enumerate((x, y)):
                by_q[2 * i + axis] += strength * along
                by_q[2 * j + axis] -= strength * along
        for i, m in enumerate(masses):
            by_p[2 * i : 2 * i + 2] = p[2 * i : 2 * i + 2] / m
        return by_q, by_p

    def places(self, q: np.ndarray, constants: Constants) -> np.ndarray:
        return q.reshape(self.bodies, 2, *q.shape[1:])

    def positions(self, places: np.ndarray, constants: Constants) -> np.ndarray:
        return places.reshape(2 * self.bodies, *places.shape[2:])
