"""Inception score of a judge's predictions. It follows from the two entropies, and is used to check them."""

import numpy as np


def inception_score(probabilities: np.ndarray) -> float:
    """IS = exp( (1/N) sum_i KL( p(. | x_i) || p ) ),  p(k) = (1/N) sum_i p(k | x_i), in [1, K].

    It is computed from the divergences and not from the entropies, so that IS = exp(H(y) - H(y|x)) checks both. A high
    score needs certain and varied predictions only: a generator with one good sample of each class reaches K.

    Arguments:
        probabilities: (N, K), rows that sum to one.
    """
    p = np.asarray(probabilities, np.float64)
    if p.ndim != 2 or not len(p):
        raise ValueError(f"need (N, K), N > 0; got {p.shape}")
    mean = p.mean(axis=0)
    log_ratio = np.log(np.where(p > 0, p, 1.0)) - np.log(np.where(mean > 0, mean, 1.0))
    return float(np.exp((p * log_ratio).sum(axis=1).mean()))
