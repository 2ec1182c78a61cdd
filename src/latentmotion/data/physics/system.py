"""The contract of a system of Toy Physics: a Hamiltonian H(q, p), its initial states, and the places of its bodies.

In arrays the first axis is the coordinates and the last one the trajectories: q and p are (D, ...) for D degrees of
freedom, and a constant is a number or (...). All numbers are float64. With friction f the motion is

    dq/dt = dH/dp,    dp/dt = -dH/dq - f dH/dp,    so that dH/dt = -f |dH/dp|^2.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

Constants = dict[str, float | np.ndarray]


@dataclass(frozen=True)
class Ranges:
    """The ranges from which each trajectory gets its own values, uniformly distributed.

    Arguments:
        constants: name -> (lowest, highest), which are equal where a constant does not vary.
        radius: (lowest, highest) of the initial state; each system defines its meaning.
        reach: half of the side of the canvas in units of length, without jitter; the origin is in the middle.
        by_area: points of an annulus are uniform in its area, and not in the radius.
        jitter: the origin is moved along each axis by up to this share of `reach`, and the canvas is larger by it.
    """

    constants: dict[str, tuple[float, float]]
    radius: tuple[float, float]
    reach: float
    by_area: bool = False
    jitter: float = 0.0

    @property
    def canvas(self) -> float:
        """Half of the side of the rendered canvas."""
        return self.reach * (1 + self.jitter)

    def annulus(self, rng: np.random.Generator) -> np.ndarray:
        """A random point of the plane (2,), at a uniform angle and a distance from the origin within `radius`."""
        angle, share = 2 * np.pi * rng.random(), rng.random()
        low, high = self.radius
        distance = np.sqrt(low**2 + share * (high**2 - low**2)) if self.by_area else low + share * (high - low)
        return distance * np.array([np.cos(angle), np.sin(angle)])


class System(ABC):
    """One system. A file in data/datasets/ that has an instance with the name SYSTEM is a data set of it.

    Attributes:
        name: the name of its file.
        bodies: the number of bodies.
        hues: the number of colours in the published set without variations.
        plain: the ranges of the published set without variations. `varied`: those of its variant with variations.
        frictionless: friction is not allowed.
    """

    name: str
    bodies: int
    hues: int
    plain: Ranges
    varied: Ranges
    frictionless = False

    @abstractmethod
    def start(self, rng: np.random.Generator, constants: Constants, ranges: Ranges) -> np.ndarray:
        """The initial state of one trajectory, (2 D,): positions, followed by momenta."""

    @abstractmethod
    def energy(self, q: np.ndarray, p: np.ndarray, constants: Constants) -> np.ndarray:
        """The energy H, (...)."""

    @abstractmethod
    def gradient(self, q: np.ndarray, p: np.ndarray, constants: Constants) -> tuple[np.ndarray, np.ndarray]:
        """dH/dq and dH/dp, (D, ...) each.

        Sums must be computed row by row and not by matrix products, whose rounding depends on the number of
        trajectories.
        """

    @abstractmethod
    def places(self, q: np.ndarray, constants: Constants) -> np.ndarray:
        """The centres of the bodies, (bodies, 2, ...): x to the right and y upwards."""

    @abstractmethod
    def positions(self, places: np.ndarray, constants: Constants) -> np.ndarray:
        """The positions q, (D, ...), at which `places` are those that are given, or nearest to them. Time is the last
        axis, along which angles go on without jumps."""

    @abstractmethod
    def masses(self, constants: Constants) -> list:
        """The mass of each body. Its disc has the radius sqrt(m / pi)."""

    def offset(self, rng: np.random.Generator, ranges: Ranges) -> np.ndarray:
        """The place of the origin of one trajectory on the canvas, (2,)."""
        return rng.uniform(-ranges.jitter * ranges.reach, ranges.jitter * ranges.reach, 2)

    def rate(self, state: np.ndarray, constants: Constants, friction: float) -> np.ndarray:
        """The time derivative d(q, p)/dt of states (2 D, N)."""
        by_q, by_p = self.gradient(*np.split(state, 2), constants)
        return np.concatenate([by_p, -by_q - friction * by_p if friction else -by_q])
