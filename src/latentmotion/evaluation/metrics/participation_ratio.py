"""Participation ratio: how many dimensions a cloud of points takes up, as a number that need not be whole.

    (sum_i lambda_i)^2 / sum_i lambda_i^2,    lambda the eigenvalues of the covariance

It is D for a round Gaussian in D dimensions, 1 for points on a line, in between where directions count unequally.
Departures from linear are not seen: a circle has 2. Nor is it free of units: a coordinate that is stretched counts for
more. N points of a round Gaussian give about D N / (N + D), less than D.
"""

import numpy as np


def participation_ratio(points: np.ndarray) -> float:
    """From 1 to D of points (N, D); 0 for points that are all the same.

    Raises ValueError for another shape, fewer than two points and numbers that are not finite.
    """
    points = np.asarray(points, np.float64)
    if points.ndim != 2 or len(points) < 2 or not points.shape[1]:
        raise ValueError(f"need (N, D) with N of 2 or more; got {points.shape}")
    if not np.isfinite(points).all():
        raise ValueError(f"{np.count_nonzero(~np.isfinite(points))} of {points.size} numbers are not finite")
    if not np.ptp(points, axis=0).any():
        return 0.0
    covariance = np.atleast_2d(np.cov(points, rowvar=False))
    return float(np.trace(covariance) ** 2 / np.sum(covariance**2))  # the traces of S and of S S
