"""Relative errors that stay finite where a roll-out leaves the range of float32."""

from torch import Tensor

CEILING = 1e6  # a relative error so large is not distinguished from larger ones


def relative(error: Tensor, value: Tensor) -> Tensor:
    """error / value, at most CEILING. A quotient that is not finite (overflow, a value of zero) counts as CEILING."""
    return (error.double() / value.double()).nan_to_num(CEILING, CEILING, CEILING).clamp(max=CEILING)
