"""Disentanglement and completeness of a code (Eastwood and Williams, ICLR 2018).

R[i, j] is how much the number i of a code matters for predicting the factor j. With shares over factors and over
numbers, P[i, j] = R[i, j] / sum_j R[i, j] and Q[i, j] = R[i, j] / sum_i R[i, j],

    disentanglement = sum_i rho_i (1 - H_K(P[i])),    rho_i = sum_j R[i, j] / sum R
    completeness    = (1/K) sum_j (1 - H_D(Q[:, j]))

where H_n is the entropy to the base n. Disentanglement is 1 where every number matters for one factor only, and
completeness is 1 where every factor is predicted by one number only.
"""

import numpy as np


def dci(importance: np.ndarray) -> tuple[float, float]:
    """Disentanglement and completeness of importances (D numbers, K factors), each in [0, 1].

    Raises ValueError for fewer than two numbers or factors, negative importances, and a factor for which no number
    matters.
    """
    r = np.asarray(importance, np.float64)
    if r.ndim != 2 or min(r.shape) < 2 or (r < 0).any() or not (r.sum(0) > 0).all():
        raise ValueError(f"need (D, K) of 2 or more each, not negative, with a positive sum for each K; got {r.shape}")
    weight = r.sum(1) / r.sum()
    of_numbers = r / np.where(r.sum(1, keepdims=True) > 0, r.sum(1, keepdims=True), 1)
    of_factors = (r / r.sum(0)).T
    apart, whole = (1 - _entropy(shares) / np.log(shares.shape[1]) for shares in (of_numbers, of_factors))
    return float((weight * apart).sum()), float(whole.mean())


def _entropy(shares: np.ndarray) -> np.ndarray:
    return -(shares * np.log(np.where(shares > 0, shares, 1))).sum(1)
