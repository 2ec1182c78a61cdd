"""Equal error rate of a verification: the error where false rejections and false acceptances are equally frequent.

A trial is a pair of utterances with a score of their similarity; it is accepted where the score reaches a threshold.
With a lower threshold, fewer trials of the same speaker are rejected (false rejection), and more trials of different
speakers are accepted (false acceptance). At the equal error rate both rates are equal (Dehak et al., 2010).
"""

import numpy as np


def equal_error_rate(scores: np.ndarray, same: np.ndarray) -> float:
    """The error rate, in [0, 1], at the threshold where false rejections and false acceptances are equally frequent.

    It is 0 where every pair of the same speaker has a higher score than every other pair, 1/2 where scores carry no
    information, and 1 where every pair of the same speaker has a lower score. Between two neighbouring thresholds, both
    rates are interpolated linearly, so that equal scores are accepted in part and constant scores give 1/2.

    Arguments:
        scores: (N,), higher for more similar utterances, in any unit: only their order counts.
        same: (N,) booleans, whether both utterances are of one speaker.

    Raises ValueError for other shapes, for scores that are not finite, and where all trials are of one kind.
    """
    from sklearn.metrics import roc_curve

    scores, same = np.asarray(scores), np.asarray(same, bool)
    if scores.ndim != 1 or same.shape != scores.shape:
        raise ValueError(f"need (N,) and (N,); got {scores.shape} and {same.shape}")
    if not np.isfinite(scores).all():
        raise ValueError(f"{np.count_nonzero(~np.isfinite(scores))} of {scores.size} scores are not finite")
    if same.all() or not same.any():
        raise ValueError(f"need trials of the same and of different speakers; {same.sum()} of {same.size} are the same")
    accepted_wrongly, accepted_rightly, _ = roc_curve(same, scores)  # for thresholds from high to low
    excess = accepted_wrongly - (1 - accepted_rightly)  # rises from -1 to 1
    return float(np.interp(0.0, excess, accepted_wrongly))
