"""Intra- and inter-entropy of a judge's predictions: how certain they are, and how evenly the classes occur."""

import numpy as np


def _entropy(p: np.ndarray) -> np.ndarray:
    return 0.0 - (p * np.log(np.where(p > 0, p, 1.0))).sum(axis=-1)  # 0 - sum, because -sum would give -0.0


def entropies(probabilities: np.ndarray) -> tuple[float, float]:
    """H(y|x) and H(y), in nats.

    H(y|x) = -(1/N) sum_i sum_k p(k | x_i) ln p(k | x_i)          0 is best: the judge is certain for each sequence
    H(y)   = -sum_k p(k) ln p(k),  p(k) = (1/N) sum_i p(k | x_i)   ln K is best: every class is equally frequent

    Both lie in [0, ln K], and H(y|x) <= H(y) (Jensen). ln 9 = 2.1972 for the actions of Sprites, ln 6 = 1.7918 for six
    expressions. 0 ln 0 is 0. Where the classes of the test sequences are not equally frequent, the best H(y) is the
    entropy of their frequencies and not ln K, so that it should be compared with the value of the real data.

    Arguments:
        probabilities: (N, K), rows that sum to one.
    """
    p = np.asarray(probabilities, np.float64)
    if p.ndim != 2 or not len(p):
        raise ValueError(f"need (N, K), N > 0; got {p.shape}")
    return float(_entropy(p).mean()), float(_entropy(p.mean(axis=0)))
