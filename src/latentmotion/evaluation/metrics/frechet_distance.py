"""Frechet distance between Gaussians fitted to two sets of features: FID for images, FVD for videos.

    d^2 = |m_1 - m_2|^2 + tr(S_1 + S_2 - 2 (S_1 S_2)^(1/2))                      (Dowson and Landau, 1982)

with means m and covariances S (N - 1 in the denominator), in float64. S_1^(1/2) S_2 S_1^(1/2) is symmetric and has the
same eigenvalues as S_1 S_2, and the trace of the root is the sum of their square roots. It is real even where N < d and
the covariances are singular, which a root of the product S_1 S_2 is not, and so needs no regularisation. As usual, the
square d^2 is called the distance.

The estimate is biased: two finite sets from one distribution have a distance above 0, and a larger one where the
dimension of the features is larger in comparison with N. A value should be read beside the distance between two sets
of real data of the same size.
"""

import numpy as np


def frechet_distance(first: np.ndarray, second: np.ndarray) -> float:
    """d^2 of features (N_1, d) and (N_2, d), in squared units of the features; never negative.

    Raises ValueError for other shapes, for fewer than two rows and for features that are not finite.
    """
    first, second = (np.asarray(features, np.float64) for features in (first, second))
    for features in (first, second):
        if features.ndim != 2 or features.shape[0] < 2 or features.shape[1] < 1:
            raise ValueError(
                f"need (N, d) with N of 2 or more, a covariance has no meaning below; got {features.shape}"
            )
        if not np.isfinite(features).all():
            raise ValueError(f"{np.count_nonzero(~np.isfinite(features))} of {features.size} features are not finite")
    if first.shape[1] != second.shape[1]:
        raise ValueError(f"features of {first.shape[1]} and of {second.shape[1]} dimensions")
    moments = [(features.mean(0), np.atleast_2d(np.cov(features, rowvar=False))) for features in (first, second)]
    return between_gaussians(*moments[0], *moments[1])


def between_gaussians(mean1: np.ndarray, covariance1: np.ndarray, mean2: np.ndarray, covariance2: np.ndarray) -> float:
    """d^2 of N(mean1, covariance1) and N(mean2, covariance2), with means (d,) and covariances (d, d)."""
    root = _root(covariance1)
    common = np.linalg.eigvalsh(root @ covariance2 @ root)
    spread = np.trace(covariance1) + np.trace(covariance2) - 2 * np.sqrt(common.clip(min=0)).sum()
    return float(np.sum((mean1 - mean2) ** 2) + max(spread, 0.0))  # rounding can make 0 negative


def _root(covariance: np.ndarray) -> np.ndarray:
    """The symmetric square root of a covariance. Eigenvalues that are negative through rounding are set to 0."""
    values, vectors = np.linalg.eigh(covariance)
    return (vectors * np.sqrt(values.clip(min=0))) @ vectors.T
