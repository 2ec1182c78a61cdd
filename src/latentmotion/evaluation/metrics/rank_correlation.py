"""Spearman's rank correlation of two lists of numbers, for many pairs of lists at once."""

import numpy as np
from scipy.stats import rankdata


def rank_correlation(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The correlation coefficients of the ranks of two arrays (..., N) along their last axis, (...), in [-1, 1].

    Equal numbers share the mean of their ranks. A list whose numbers are all equal has no ranks: its coefficient is 0.
    Raises ValueError for fewer than two numbers and for numbers that are not finite.
    """
    first, second = np.broadcast_arrays(*(np.asarray(part, np.float64) for part in (first, second)))
    if first.shape[-1:] < (2,) or not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise ValueError(f"need (..., N) of finite numbers with N of 2 or more; got {first.shape}")
    a, b = (rankdata(part, axis=-1) for part in (first, second))
    a, b = (part - part.mean(-1, keepdims=True) for part in (a, b))
    size = np.sqrt((a * a).sum(-1) * (b * b).sum(-1))
    return (a * b).sum(-1) / np.where(size > 0, size, 1)
