"""sharpness: are generated faces blurry from the start, and do they get blurrier with time? (R-WAE, section 5.3)

Content and motion are drawn from the priors. The sharpness of frames at one time step is their mean squared gradient,
divided by that of real frames at the same time step. Noise raises it as well, so that Frechet distances of the frames
at the first and at the last time step stand beside it.
"""

import numpy as np
import torch
from torch import Tensor

from latentmotion.core.pixels import to_float
from latentmotion.evaluation.metrics.slope import slope
from latentmotion.evaluation.protocols.base import EvaluationContext, from_priors, in_batches
from latentmotion.evaluation.protocols.frame_distance import identifier, videos
from latentmotion.evaluation.protocols.generate import between
from latentmotion.models import base as contract

NAME = "sharpness"
NEEDS = frozenset({contract.SAMPLE_CONTENT, contract.SAMPLE_MOTION})
DATASETS = ("faces",)


def measure(context: EvaluationContext) -> dict[str, float]:
    """sharpness_first, sharpness_last: the sharpness at the first and at the last time step; 1 is as sharp as real.
    sharpness_slope: the slope of the line fitted to the sharpness of every time step, per frame; negative where frames
        get blurrier.
    `identifier`:first, `identifier`:last: the Frechet distance between the generated and the real frames at the first
        and at the last time step, for each network that is loaded.
    """
    real, frames = videos(context.split, np.arange(len(context.split))), context.split.x.shape[1]
    parts = [from_priors(context, ids, frames, NAME).cpu() for ids in in_batches(len(context.split))]
    generated = ((torch.cat(parts) + 1) * 127.5).round().to(torch.uint8)
    ratio = (gradients(generated) / gradients(real)).numpy()
    metrics = {
        "sharpness_first": float(ratio[0]),
        "sharpness_last": float(ratio[-1]),
        "sharpness_slope": slope(ratio),
    }
    for extractor in context.frame_feature_extractors:
        for name, step in (("first", slice(0, 1)), ("last", slice(-1, None))):
            pair = generated[:, step], real[:, step]
            metrics[f"{identifier(extractor, *pair)}:{name}"] = between(extractor, *pair)
    return metrics


def gradients(x: Tensor) -> Tensor:
    """The mean squared difference of neighbouring pixels of videos (N, T, C, H, W) uint8 at each time step, (T,)."""
    total = torch.zeros(x.shape[1], dtype=torch.double)
    for part in x.split(64):
        part = to_float(part)
        across, down = (part.diff(dim=dim).square().mean((2, 3, 4)).double() for dim in (-1, -2))
        total += (across + down).sum(0)
    return total / len(x)
