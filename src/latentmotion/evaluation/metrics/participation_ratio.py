"""Participation ratio: the effective number of dimensions of a set of points, a real number.

    (sum_i lambda_i)^2 / sum_i lambda_i^2,    where lambda_i are the eigenvalues of the covariance

It is D for an isotropic Gaussian in D dimensions, 1 for points on a line, and between them where the variances differ.
It measures linear dimensions: a circle has 2. It depends on units: a coordinate with a larger scale has more weight.
For N points of an isotropic Gaussian it is about D N / (N + D), which is less than D.
"""

import numpy as np


def participation_ratio(points: np.ndarray) -> float:
    """The participation ratio of points (N, D), from 1 to D; 0 for points that are all equal.

    Raises ValueError for other shapes, for fewer than two points and for numbers that are not finite.
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
