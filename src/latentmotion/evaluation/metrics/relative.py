"""Relative errors that stay numbers when a roll-out leaves the range of float32."""

from torch import Tensor

CEILING = 1e6  # an error of a million times the value: nothing is left of it, whatever the exact number


def relative(error: Tensor, value: Tensor) -> Tensor:
    """error / value, at most CEILING; what is no number (overflow, a value of zero) counts as CEILING."""
    return (error.double() / value.double()).nan_to_num(CEILING, CEILING, CEILING).clamp(max=CEILING)
