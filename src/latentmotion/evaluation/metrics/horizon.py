"""Prediction horizon: for how many frames a prediction is better than repeating the last given frame."""

from torch import Tensor


def horizon(errors: Tensor, repeated: Tensor) -> Tensor:
    """The number of predicted frames before the error of a sequence first exceeds that of repetition; from 0 to L.

    The error of repetition is averaged over the frames of each sequence: it depends on no other sequence, and it is not
    zero at a frame where a periodic motion returns to its first frame.

    Arguments:
        errors: (N, L), the squared errors of the predicted frames, in order, without the given frames.
        repeated: (N, L), the squared errors of repeating the last given frame.

    Returns (N,) integers.
    """
    if errors.ndim != 2 or errors.shape != repeated.shape or not errors.numel():
        raise ValueError(f"need two of (N, L), at least one; got {tuple(errors.shape)}, {tuple(repeated.shape)}")
    return (errors <= repeated.mean(1, keepdim=True)).cumprod(1).sum(1)
