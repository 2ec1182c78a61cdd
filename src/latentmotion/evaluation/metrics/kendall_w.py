"""Kendall's coefficient of concordance W: how far several judges agree on the order of several objects."""

import numpy as np
from scipy.stats import rankdata


def kendall_w(scores: np.ndarray) -> float:
    """W of scores (N judges, K objects): 12 S / (N² (K³ - K)), from 0 to 1.

    S is the sum of the squared deviations of the objects' rank sums from their mean. W is 1 where every judge puts the
    objects in the same order, and about 1 / N where their orders are random. Equal scores share the mean of their
    ranks; W is not corrected for them. Raises ValueError for fewer than two objects or no judge.
    """
    scores = np.asarray(scores, np.float64)
    if scores.ndim != 2 or not len(scores) or scores.shape[1] < 2:
        raise ValueError(f"need (N, K) with K of 2 or more; got {scores.shape}")
    judges, objects = scores.shape
    sums = rankdata(scores, axis=1).sum(0)
    return float(12 * ((sums - sums.mean()) ** 2).sum() / (judges**2 * (objects**3 - objects)))
