"""The slope of a line that is fitted by least squares to values at equal distances in time."""

import numpy as np


def slope(values: np.ndarray) -> float:
    """The change of values (T,) from one time step to the next, of the fitted line. Raises ValueError for T < 2."""
    values = np.asarray(values, np.float64)
    if values.ndim != 1 or len(values) < 2:
        raise ValueError(f"need (T,) with T of 2 or more; got {values.shape}")
    time = np.arange(len(values)) - (len(values) - 1) / 2
    return float((time * values).sum() / (time**2).sum())
