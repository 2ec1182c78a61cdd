"""The centroid of what is bright in a picture, for a single object on black."""

import torch
from torch import Tensor

FAINT = 0.1  # intensities below this part of full brightness are ignored, so that a haze has no weight
UNITS = 64.0  # centroids are in 1/64 of the side of a picture


def centroids(x: Tensor) -> tuple[Tensor, Tensor]:
    """The centroids (..., 2) of frames (..., C, H, W) in [-1, 1], and their weights (...).

    A pixel has the weight of its brightest channel, less FAINT. A centroid is (right, down) from the upper left corner
    in 1/64 of the side; it is NaN where nothing is brighter than FAINT. The weight of a frame is the mean over pixels.
    """
    bright = ((x.float() + 1) / 2).amax(-3)
    weight = ((bright - FAINT) / (1 - FAINT)).clamp(min=0).double()
    rows, columns = (
        (torch.arange(side, device=x.device, dtype=torch.double) + 0.5) * (UNITS / side) for side in weight.shape[-2:]
    )
    total = weight.sum((-2, -1))
    right = (weight.sum(-2) * columns).sum(-1) / total
    down = (weight.sum(-1) * rows).sum(-1) / total
    return torch.stack([right, down], dim=-1), weight.mean((-2, -1))
