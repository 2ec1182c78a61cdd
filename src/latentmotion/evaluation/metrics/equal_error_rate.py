"""Equal error rate of a verification: as many of one's own refused as of strangers let in.

A trial is two utterances and how alike they are; it is accepted from some threshold on. The lower that is, the fewer
trials of the same speaker are refused (false rejection) and the more of different ones accepted (false acceptance). The
equal error rate is where both are the same share of their kind (Dehak et al., 2010).
"""

import numpy as np


def equal_error_rate(scores: np.ndarray, same: np.ndarray) -> float:
    """The error rate, in [0, 1], at the threshold where false rejections and false acceptances are equally frequent.

    0 where every pair of the same speaker scores above every other, 1/2 where scores say nothing, 1 where all are the
    wrong way round. Between two thresholds, of which one refuses too much and one accepts too much, both rates are
    taken to be linear: equal scores are accepted in part, so that scores that are all the same give 1/2.

    Arguments:
        scores: (N,), higher for what is more alike; of any unit, only their order counts.
        same: (N,) booleans, whether the trial is of one speaker.

    Raises ValueError for other shapes, scores that are not finite, and trials of one kind alone.
    """
    from sklearn.metrics import roc_curve

    scores, same = np.asarray(scores), np.asarray(same, bool)
    if scores.ndim != 1 or same.shape != scores.shape:
        raise ValueError(f"need (N,) and (N,); got {scores.shape} and {same.shape}")
    if not np.isfinite(scores).all():
        raise ValueError(f"{np.count_nonzero(~np.isfinite(scores))} of {scores.size} scores are not finite")
    if same.all() or not same.any():
        raise ValueError(f"need trials of the same and of different speakers; {same.sum()} of {same.size} are the same")
    accepted_wrongly, accepted_rightly, _ = roc_curve(same, scores)  # from accepting nothing to accepting everything
    excess = accepted_wrongly - (1 - accepted_rightly)  # from -1 to 1, and rising
    return float(np.interp(0.0, excess, accepted_wrongly))
