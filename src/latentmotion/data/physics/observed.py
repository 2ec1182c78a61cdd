"""What the path of discs in a video says of the system: its states, their energy, and the orbit they should follow.

Positions come from the centres of the discs. Velocities are the slopes of cubic polynomials that are fitted to seven
successive frames (Savitzky and Golay, 1964). Both are therefore known at every frame, but less exactly at the first
three and the last three, whose polynomials are those of the nearest whole window.
"""

from dataclasses import dataclass
from itertools import permutations

import numpy as np
from scipy.signal import savgol_filter

from latentmotion.data.physics.dormand_prince import integrate
from latentmotion.data.physics.system import Constants, System

WINDOW, ORDER = 7, 3
INNER = slice(WINDOW // 2, -(WINDOW // 2))  # the frames with a whole window about them


@dataclass(frozen=True)
class Motion:
    """Of N videos.

    Attributes:
        speed: (N,), mean over bodies and inner frames.
        energy: (N, inner frames), total energy of the real system.
        distance: (N,), from the orbit that the equations of motion give the state at the first frame to the path that
            is seen; mean over bodies and frames. NaN where that state cannot be integrated.
    """

    speed: np.ndarray
    energy: np.ndarray
    distance: np.ndarray


def motion(system: System, centres: np.ndarray, constants: Constants, dt: float) -> Motion:
    """What is seen of centres (N, T, bodies, 2) from the system's own origin, in its unit of length.

    Which disc is which body is not known: the order of a video is the one in which the system's positions explain its
    centres best.

    Arguments:
        constants: the system's, one number each.
        dt: time between frames.
    """
    centres = _ordered(system, centres, constants)
    velocities = _fitted(centres, dt, 1, axis=1)
    speed = np.linalg.norm(velocities[:, INNER], axis=-1).mean((1, 2))
    seen = system.positions(np.moveaxis(centres, (2, 3), (0, 1)), constants)  # (D, N, T)
    q = _fitted(seen, dt, 0)
    p = momenta(system, q, _fitted(seen, dt, 1), constants)
    energy = system.energy(q[..., INNER], p[..., INNER], constants)
    own = {name: np.full(len(centres), float(value)) for name, value in constants.items()}
    start = np.concatenate([q[..., 0], p[..., 0]])
    path = integrate(lambda state, each: system.rate(state, each, 0.0), start, own, dt, centres.shape[1])
    orbit = system.places(np.moveaxis(path[..., : len(q)], -1, 0), constants)
    return Motion(speed, energy, np.linalg.norm(np.moveaxis(orbit, (0, 1), (2, 3)) - centres, axis=-1).mean((1, 2)))


def _ordered(system: System, centres: np.ndarray, constants: Constants) -> np.ndarray:
    """Centres (N, T, bodies, 2), the bodies of each video in the order whose places are nearest to them."""
    best, least = centres, np.full(len(centres), np.inf)
    for order in permutations(range(centres.shape[2])):
        tried = np.moveaxis(centres[:, :, order], (2, 3), (0, 1))
        off = ((system.places(system.positions(tried, constants), constants) - tried) ** 2).sum((0, 1, 3))
        better = off < least * (1 - 1e-9)
        best = np.where(better[:, None, None, None], centres[:, :, order], best)
        least = np.where(better, off, least)
    return best


def momenta(system: System, q: np.ndarray, velocity: np.ndarray, constants: Constants) -> np.ndarray:
    """The p with dH/dp = velocity, (D, ...), where the kinetic energy is quadratic in p, so that dH/dp is linear."""
    units = np.eye(len(q)).reshape(len(q), len(q), *[1] * (q.ndim - 1))
    columns = [system.gradient(q, unit + np.zeros_like(q), constants)[1] for unit in units]
    inverse_mass = np.moveaxis(np.stack(columns, axis=1), (0, 1), (-2, -1))
    solved = np.linalg.solve(inverse_mass, np.moveaxis(velocity, 0, -1)[..., None])
    return np.moveaxis(solved[..., 0], -1, 0)


def _fitted(x: np.ndarray, dt: float, derivative: int, axis: int = -1) -> np.ndarray:
    return savgol_filter(x, WINDOW, ORDER, deriv=derivative, delta=dt, axis=axis, mode="interp")
