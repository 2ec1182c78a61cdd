"""The maximum mean discrepancy of two samples under radial basis functions (Gretton et al., 2007; R-WAE, equation 21).

    MMD²(P, Q) = E k(x, x') + E k(y, y') - 2 E k(x, y),        k(x, y) = sum_sigma exp(-|x - y|² / (2 sigma²))

The estimate from n samples of P and m of Q has no bias: pairs of a sample with itself are left out, so that it is 0 on
average where P = Q, and may be negative. It is the square of the discrepancy, and so is what R-WAE calls MMD. R-WAE
prints the last term without its factor of 2, with which P = Q would be no minimum.
"""

import torch
from torch import Tensor

MIXTURE = (1.0, 2.0, 4.0, 8.0, 16.0)  # sigma of the kernels that are added up, those of MMD GAN (Li et al., 2017)


def mmd2(x: Tensor, y: Tensor, bandwidths: tuple[float, ...] = MIXTURE) -> Tensor:
    """Returns MMD² (...) of x (..., n, d) and y (..., m, d), which have two samples or more each."""
    across = _kernel(x, y, bandwidths).mean((-2, -1))
    return _between_others(x, bandwidths) + _between_others(y, bandwidths) - 2 * across


def _kernel(x: Tensor, y: Tensor, bandwidths: tuple[float, ...]) -> Tensor:
    """Returns k of every pair, (..., n, m)."""
    # By differences: |x|² + |y|² - 2 x y loses the digits that matter where the samples are close.
    squared = (x.unsqueeze(-2) - y.unsqueeze(-3)).square().sum(-1)
    return sum(torch.exp(squared / (-2 * sigma**2)) for sigma in bandwidths)


def _between_others(x: Tensor, bandwidths: tuple[float, ...]) -> Tensor:
    """Returns the mean of k over all pairs of two different samples. k of a sample and itself is 1 a bandwidth."""
    count = x.shape[-2]
    return (_kernel(x, x, bandwidths).sum((-2, -1)) - count * len(bandwidths)) / (count * (count - 1))
