"""What a system of Toy Physics is: a Hamiltonian H(q, p), how it starts, and where its bodies are seen.

Arrays have their coordinates first and trajectories last: q and p are (D, ...), D degrees of freedom, and a constant is
a number or (...). All of it is float64. With friction f the motion is

    dq/dt = dH/dp,    dp/dt = -dH/dq - f dH/dp,    so that dH/dt = -f |dH/dp|^2.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

Constants = dict[str, float | np.ndarray]


@dataclass(frozen=True)
class Ranges:
    """What is drawn anew for each trajectory, uniformly.

    Arguments:
        constants: name -> (lowest, highest); equal where a constant does not vary.
        radius: of the initial state, as the system understands it.
        reach: half the side of the canvas in units of length; the origin is its middle.
        by_area: an annulus is drawn from evenly by area, not by radius.
        jitter: the origin is moved by up to this part of `reach` along each axis, and the canvas grows by it.
    """

    constants: dict[str, tuple[float, float]]
    radius: tuple[float, float]
    reach: float
    by_area: bool = False
    jitter: float = 0.0

    @property
    def canvas(self) -> float:
        """Half the side of what is drawn."""
        return self.reach * (1 + self.jitter)

    def annulus(self, rng: np.random.Generator) -> np.ndarray:
        """A point of the plane at a uniform angle, its distance from the origin in `radius`: (2,)."""
        angle, share = 2 * np.pi * rng.random(), rng.random()
        low, high = self.radius
        distance = np.sqrt(low**2 + share * (high**2 - low**2)) if self.by_area else low + share * (high - low)
        return distance * np.array([np.cos(angle), np.sin(angle)])


class System(ABC):
    """One system. A file in data/ that has an instance called SYSTEM is a dataset of it."""

    name: str  # that of its file
    bodies: int
    hues: int  # that the published set draws its colours from when they do not vary
    plain: Ranges
    varied: Ranges
    frictionless = False  # friction makes no sense in it

    @abstractmethod
    def start(self, rng: np.random.Generator, constants: Constants, ranges: Ranges) -> np.ndarray:
        """The initial state of one trajectory, (2 D,): its positions, then its momenta."""

    @abstractmethod
    def energy(self, q: np.ndarray, p: np.ndarray, constants: Constants) -> np.ndarray:
        """H, (...)."""

    @abstractmethod
    def gradient(self, q: np.ndarray, p: np.ndarray, constants: Constants) -> tuple[np.ndarray, np.ndarray]:
        """dH/dq and dH/dp, (D, ...) each. Sums run over rows, never by matrix products, whose rounding depends on
        how many trajectories there are."""

    @abstractmethod
    def places(self, q: np.ndarray, constants: Constants) -> np.ndarray:
        """Centres of the bodies, (bodies, 2, ...): to the right and upwards."""

    @abstractmethod
    def masses(self, constants: Constants) -> list:
        """Of each body. Its disc has the radius sqrt(m / pi)."""

    def offset(self, rng: np.random.Generator, ranges: Ranges) -> np.ndarray:
        """Where one trajectory's origin lies on the canvas, (2,)."""
        return rng.uniform(-ranges.jitter * ranges.reach, ranges.jitter * ranges.reach, 2)

    def rate(self, state: np.ndarray, constants: Constants, friction: float) -> np.ndarray:
        """d(q, p)/dt of states (2 D, N)."""
        by_q, by_p = self.gradient(*np.split(state, 2), constants)
        return np.concatenate([by_p, -by_q - friction * by_p if friction else -by_q])
