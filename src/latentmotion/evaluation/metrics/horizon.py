"""Prediction horizon: for how many frames a prediction is worth more than standing still."""

from torch import Tensor


def horizon(errors: Tensor, standstill: Tensor) -> Tensor:
    """Predicted frames before a sequence's error first exceeds its mean error of standing still; from 0 to L.

    The bar is each sequence's own, averaged over its frames: no lively sequence makes it low for a quiet one, and a
    motion that returns to its first frame does not make it zero there.

    Arguments:
        errors: (N, L), the squared error of each predicted frame, in order; the given frames are not among them.
        standstill: (N, L), that of repeating the last given frame.
    Returns:
        (N,) whole numbers.
    """
    if errors.ndim != 2 or errors.shape != standstill.shape or not errors.numel():
        raise ValueError(f"need two of (N, L), at least one; got {tuple(errors.shape)}, {tuple(standstill.shape)}")
    return (errors <= standstill.mean(1, keepdim=True)).cumprod(1).sum(1)
