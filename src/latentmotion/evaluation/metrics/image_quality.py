"""The similarity of predicted and true frames: SSIM, PSNR and MSE of each frame (HALO, table 1).

Frames are tensors (..., C, H, W) of intensities in [0, 1], and a metric is (...), one number for each frame. Protocols
average over frames and then over sequences. The peak of PSNR is 1, as it must be in the paper: table 1 has 24.49 dB at
an MSE of 0.0040, while a peak of 2 would give a mean PSNR of at least 30 dB, because by Jensen's inequality the mean of
-log(MSE) is not below -log of the mean.
"""

import math
from functools import cache

import torch
from torch import Tensor

WINDOW, SIGMA = 11, 1.5
CEILING = 10 * math.log10(12 * 255**2)  # 58.9 dB: the PSNR of rounding to 256 levels
CHUNK = 32  # frames at once; so many fit into the cache of a processor, which is faster


def mse(x: Tensor, truth: Tensor) -> Tensor:
    """Squared error, averaged over channels and pixels."""
    _check(x, truth)
    return (x.float() - truth.float()).square().flatten(-3).mean(-1)


def psnr(x: Tensor, truth: Tensor) -> Tensor:
    """10 log10(1 / MSE) in dB, at most CEILING, because the infinite value of an exact frame would dominate a mean."""
    return (-10 * mse(x, truth).log10()).clamp(max=CEILING)


def ssim(x: Tensor, truth: Tensor) -> Tensor:
    """Structural similarity in [-1, 1] (Wang et al., 2004, equation 13), averaged over channels and pixels.

    C1 = 0.01² and C2 = 0.03². Means, variances and the covariance around a pixel are weighted by a Gaussian window of
    11 x 11 pixels with standard deviation 1.5. Frames are mirrored at their borders.
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
    """The Gaussian window along one axis, with mirrored borders, as a matrix (side, side).

    On a CPU, SSIM with products of small matrices is ten times as fast as with convolutions.
    """
    offsets = torch.arange(-(WINDOW // 2), WINDOW // 2 + 1)
    weights = torch.exp(-0.5 * (offsets / SIGMA) ** 2)
    place = (torch.arange(side)[:, None] + offsets).abs()
    place = torch.minimum(place, 2 * (side - 1) - place)
    return torch.zeros(side, side).scatter_add_(1, place, (weights / weights.sum()).expand(side, -1))


def _check(x: Tensor, truth: Tensor) -> None:
    if x.shape != truth.shape or x.ndim < 4 or not x.numel():
        raise ValueError(f"need two of (..., C, H, W), at least one frame; got {tuple(x.shape)}, {tuple(truth.shape)}")
