"""The local dimension of a set of points from the distances to their two nearest neighbours (Facco et al., 2017).

Where points lie on a set of dimension d with a density that hardly changes over that distance, the ratio mu of the
second distance to the first one has the distribution P(mu > x) = x^-d. The estimate is the most likely d without its
bias, d = (N - 1) / sum_i ln mu_i. It does not depend on units or curvature. Points that are equal to another point have
no ratio and are left out.
"""

import numpy as np


def local_dimension(points: np.ndarray) -> float:
    """The dimension of points (N, D); 0 where fewer than three points differ.

    Raises ValueError for other shapes, for fewer than three points and for numbers that are not finite.
    """
    from sklearn.neighbors import NearestNeighbors

    points = np.asarray(points, np.float64)
    if points.ndim != 2 or len(points) < 3 or not points.shape[1]:
        raise ValueError(f"need (N, D) with N of 3 or more; got {points.shape}")
    if not np.isfinite(points).all():
        raise ValueError(f"{np.count_nonzero(~np.isfinite(points))} of {points.size} numbers are not finite")
    points = np.unique(points, axis=0)
    if len(points) < 3:
        return 0.0
    far, _ = NearestNeighbors(n_neighbors=2).fit(points).kneighbors()
    total = np.log(far[:, 1] / far[:, 0]).sum()
    return float((len(points) - 1) / total) if total > 0 else 0.0
