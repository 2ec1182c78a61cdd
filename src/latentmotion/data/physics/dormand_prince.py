"""Ordinary differential equations of many trajectories at once, each as exact as if it were alone.

The method is that of Dormand and Prince of order 8 with its error estimates of orders 5 and 3 (Hairer, Norsett and
Wanner, Solving ordinary differential equations I, II.10), with the coefficients that scipy ships. It is not symplectic,
and need not be: over 512 frames it keeps energies to 1e-9, it takes non-separable Hamiltonians and friction
alike, and a step costs 12 evaluations.

Every trajectory has a time and a step of its own, the time between frames halved as often as its error asks for;
those that are still on their way take their steps together. Steps end on the frames, nothing is interpolated. Only
elementwise operations are used, so that a trajectory has the same bits in any batch.
"""

from collections.abc import Callable

import numpy as np
from scipy.integrate import DOP853

TOLERANCE = 1e-12  # of a step, absolute and relative; what the published sets ask of scipy in float64
HALVINGS = 12  # of the time between frames, at most; what needs more diverges
_WHOLE = 1 << HALVINGS  # the time between frames in the shortest steps
_SMALL = 2.0**-10  # an error that lets a step double: it grows by 2^8, and two more bits are kept for safety

Rate = Callable[[np.ndarray, dict], np.ndarray]


def integrate(rate: Rate, start: np.ndarray, constants: dict[str, np.ndarray], dt: float, frames: int) -> np.ndarray:
    """States at times 0, dt, ..., (frames - 1) dt.

    Arguments:
        rate: states (S, M) and their constants, name -> (M,), to time derivatives (S, M).
        start: (S, N) float64.
        constants: name -> (N,).

    Returns (N, frames, S); NaN from the frame on that a trajectory cannot reach.
    """
    count = start.shape[1]
    path = np.full((count, frames, len(start)), np.nan)
    path[:, 0] = start.T
    with np.errstate(all="ignore"):  # what overflows is not finite, and said so by whoever calls
        state, slope = start.astype(float), rate(start, constants)
        who, frame, within, halvings = np.arange(count), *np.zeros((3, count), int)
        while frames > 1 and len(who):
            units = _WHOLE >> halvings
            moved, last, error = _step(rate, state, slope, constants, dt * (units / _WHOLE))
            good = error <= 1  # NaN is not
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
    """One step of length h, (M,), each: the state after it, the slope there, and the error in units of the tolerance.

    The error is that of Hairer's code, with the largest coordinate in the place of a mean.
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
    """h sum_j row_j slopes_j over the entries that are not zero, in their order."""
    total, part = np.zeros_like(slopes[0]), np.empty_like(slopes[0])
    for weight, slope in zip(row, slopes, strict=False):
        if weight:
            total += np.multiply(slope, weight, out=part)
    total *= h
    return total
