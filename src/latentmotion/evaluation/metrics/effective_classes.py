"""How many different combinations of labels occur, as a count and as an effective number."""

import numpy as np


def effective_classes(labels: np.ndarray) -> tuple[int, float]:
    """Labels (N, L) of N samples -> how many different rows there are, and exp(H) of the frequencies of the rows.

    H = -sum_c f(c) ln f(c). The effective number is 1 where all rows are equal, and N where all differ. It is below the
    count where some rows are more frequent than others.
    """
    if labels.ndim != 2 or not len(labels):
        raise ValueError(f"need labels (N, L), N > 0; got {labels.shape}")
    _, counts = np.unique(labels, axis=0, return_counts=True)
    share = counts / counts.sum()
    return len(counts), float(np.exp(-(share * np.log(share)).sum()))
