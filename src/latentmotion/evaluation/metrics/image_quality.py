"""How near predicted frames are to the true ones: SSIM, PSNR and MSE of each frame (HALO, table 1).

Frames are tensors (..., C, H, W) of intensities in [0, 1], and a metric is (...), one number a frame. Mean over frames,
then over sequences, is left to the protocol. A peak of 1 is the paper's: 24.49 dB at an MSE of 0.0040 (table 1) cannot
be of a peak of 2, for which the mean PSNR is 30 dB at least, as a mean of logarithms is not below that of the mean.
"""

import math
from functools import cache

import torch
from torch import Tensor

WINDOW, SIGMA = 11, 1.5
CEILING = 10 * math.log10(12 * 255**2)  # dB, 58.9: the error of rounding to 256 levels, below which nothing is known
CHUNK = 32  # frames at once: what fits the processor's cache is faster


def mse(x: Tensor, truth: Tensor) -> Tensor:
    """Squared error, averaged over channels and pixels."""
    _check(x, truth)
    return (x.float() - truth.float()).square().flatten(-3).mean(-1)


def psnr(x: Tensor, truth: Tensor) -> Tensor:
    """10 log10(1 / MSE) in dB, at most CEILING: an exact frame would be infinite and decide every mean alone."""
    return (-10 * mse(x, truth).log10()).clamp(max=CEILING)


def ssim(x: Tensor, truth: Tensor) -> Tensor:
    """Structural similarity in [-1, 1] (Wang et al., 2004, equation 13), averaged over channels and pixels.

    C1 = 0.01², C2 = 0.03²; means, variances and the covariance around a pixel are weighed by a Gaussian of 11 x 11
    pixels with deviation 1.5; frames are mirrored at their borders.
    """
    _check(x, truth)
    pairs = zip(*(part.float().flatten(0, -4).split(CHUNK) for part in (x, truth)), strict=True)
    return torch.cat([_ssim(*pair) for pair in pairs]).view(x.shape[:-3])


def _ssim(x: Tensor, y: Tensor) -> Tensor:
    """(N, C, H, W) -> (N,)."""
    rows, columns = (_blur(side).to(x.device) for side in x.shape[-2:])
    mx, my, xx, yy, xy = rows @ torch.stack([x, y, x * x, y * y, x * y]) @ columns.mT
    variances = (xx - mx * mx).clamp(min=0) + (yy - my * my).clamp(min=0)
    luminance = (2 * mx * my + 1e-4) / (mx * mx + my * my + 1e-4)
    return (luminance * (2 * (xy - mx * my) + 9e-4) / (variances + 9e-4)).flatten(1).mean(1)


@cache
def _blur(side: int) -> Tensor:
    """The Gaussian window as a matrix (side, side), mirrored borders folded in: as products of small matrices, SSIM is
    an order of magnitude faster on a CPU than as a convolution."""
    offsets = torch.arange(-(WINDOW // 2), WINDOW // 2 + 1)
    weights = torch.exp(-0.5 * (offsets / SIGMA) ** 2)
    place = (torch.arange(side)[:, None] + offsets).abs()
    place = torch.minimum(place, 2 * (side - 1) - place)
    return torch.zeros(side, side).scatter_add_(1, place, (weights / weights.sum()).expand(side, -1))


def _check(x: Tensor, truth: Tensor) -> None:
    if x.shape != truth.shape or x.ndim < 4 or not x.numel():
        raise ValueError(f"need two of (..., C, H, W), at least one frame; got {tuple(x.shape)}, {tuple(truth.shape)}")
