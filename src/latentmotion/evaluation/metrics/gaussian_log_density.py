"""Log densities under the normal density that is fitted to points, the simplest density that a model should surpass."""

import numpy as np
from scipy.stats import multivariate_normal


def gaussian_log_density(points: np.ndarray, fitted: np.ndarray) -> np.ndarray:
    """ln N(points; mean, covariance), (N,), in nats.

    The mean and covariance are those of `fitted` by maximum likelihood, which divides by the number of its points.

    Arguments:
        points: (N, d).
        fitted: (M, d).
    """
    fitted = fitted.astype(np.float64)
    density = multivariate_normal(fitted.mean(0), np.cov(fitted.T, bias=True), allow_singular=True)
    return np.atleast_1d(density.logpdf(points.astype(np.float64)))
