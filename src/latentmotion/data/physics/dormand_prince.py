"""Integrates ordinary differential equations of many trajectories at once, each with a step size of its own.

The method of Dormand and Prince has order 8 with error estimates of orders 5 and 3 (Hairer, Norsett and Wanner, Solving
ordinary differential equations I, II.10); its coefficients are those of scipy. It is not symplectic, but over 512
frames it conserves energies to 1e-9. It can integrate non-separable Hamiltonians and friction, and a step needs 12
evaluations.

The step of a trajectory is the time between two frames, halved as often as the error requires. All trajectories that
are not finished take their steps together. Steps end exactly at the frames, so that nothing is interpolated. Only
elementwise operations are used, so that a trajectory has the same bits in every batch.
"""

from collections.abc import Callable

import numpy as np
from scipy.integrate import DOP853

TOLERANCE = 1e-12  # of a step, absolute and relative, as for the published sets (scipy, float64)
HALVINGS = 12  # of the time between frames, at most; a trajectory that needs more diverges
_WHOLE = 1 << HALVINGS  # the time between frames in the shortest steps
_SMALL = 2.0**-10  # error below which a step is doubled: the error grows by 2^8, and a factor of 4 is a margin

Rate = Callable[[np.ndarray, dict], np.ndarray]


def integrate(rate: Rate, start: np.ndarray, constants: dict[str, np.ndarray], dt: float, frames: int) -> np.ndarray:
    """States at times 0, dt, ..., (frames - 1) dt.

    Arguments:
        rate: function of states (S, M) and their constants, name -> (M,), that returns time derivatives (S, M).
        start: (S, N) float64.
        constants: name -> (N,).

    Returns (N, frames, S), which is NaN from the first frame on that a trajectory cannot reach.
    """
    count = start.shape[1]
    path = np.full((count, frames, len(start)), np.nan)
    path[:, 0] = start.T
    with np.errstate(all="ignore"):  # the caller reports trajectories that overflow
        state, slope = start.astype(float), rate(start, constants)
        who, frame, within, halvings = np.arange(count), *np.zeros((3, count), int)
        while frames > 1 and len(who):
            units = _WHOLE >> halvings
            moved, last, error = _step(rate, state, slope, constants, dt * (units / _WHOLE))
            good = error <= 1  # false for NaN
            state, slope = np.where(good, moved, state), np.where(good, last, slope)
            within += np.where(good, units, 0)
            arrived = np.flatnonzero(within == _WHOLE)
            frame[arrived] += 1
            within[arrived] = 0
            path[who[arrived], frame[arrived]] = state[:, arrived].T
            longer = (error < _SMALL) & (halvings > 0) & (within % (2 * units) == 0)
            halvings += np.where(good, -longer.astype(int), 1)
            if not (going := (frame < frames - 1) & (halvings <= HALVINGS)).all():
                state, slope = state[:, going], slope[:, going]
                who, frame, within, halvings = (values[going] for values in (who, frame, within, halvings))
                constants = {name: values[going] for name, values in constants.items()}
    return path


def _step(
    rate: Rate, state: np.ndarray, slope: np.ndarray, constants: dict[str, np.ndarray], h: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One step of length h (M,): the state after it, the slope there, and the error in units of the tolerance.

    The error is that of Hairer's code, but with the maximum over the coordinates instead of a mean.
    """
    slopes = [slope]
    for row in DOP853.A[1:]:
        slopes.append(rate(state + _weighted(row, slopes, h), constants))
    moved = state + _weighted(DOP853.B, slopes, h)
    slopes.append(rate(moved, constants))
    scale = TOLERANCE * (1 + np.maximum(np.abs(state), np.abs(moved)))
    fifth, third = (np.abs(_weighted(row, slopes, h) / scale).max(axis=0) for row in (DOP853.E5, DOP853.E3))
    error = fifth**2 / np.sqrt(np.maximum(fifth**2 + 0.01 * third**2, np.finfo(float).tiny))
    return moved, slopes[-1], error


def _weighted(row: np.ndarray, slopes: list[np.ndarray], h: np.ndarray) -> np.ndarray:
    """h sum_j row_j slopes_j over the entries of the row that are not zero, in order."""
    total, part = np.zeros_like(slopes[0]), np.empty_like(slopes[0])
    for weight, slope in zip(row, slopes, strict=False):
        if weight:
            total += np.multiply(slope, weight, out=part)
    total *= h
    return total
