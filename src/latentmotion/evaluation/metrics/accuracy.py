"""Accuracy: the share of sequences to which a judge assigns the class that they should have."""

import numpy as np


def accuracy(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """(1/N) sum_i [argmax_k p(k | x_i) = label_i], in [0, 1]; chance is 1/K for balanced labels.

    Of several classes with the largest probability, the first one counts.

    Arguments:
        probabilities: (N, K), a judge's class probabilities; logits give the same value.
        labels: (N,) integers, the classes that the sequences should have.
    """
    probabilities, labels = np.asarray(probabilities), np.asarray(labels)
    if probabilities.ndim != 2 or labels.shape != probabilities.shape[:1] or not len(labels):
        raise ValueError(f"need (N, K) and (N,), N > 0; got {probabilities.shape} and {labels.shape}")
    return float(np.mean(probabilities.argmax(axis=1) == labels))
