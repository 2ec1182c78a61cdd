"""frame-distance: the Frechet distance between frames of generated videos and real frames.

R-WAE, section 5.2, has a "frame-level FID score" (Heusel et al., 2017) without more details. Here content and motion
are drawn from the priors, and as many videos of the same length are generated as are scored; they are the videos that
the judges classify in `generate`. All their frames are compared with all frames of the test sequences; the order of the
frames and the actions have no influence. Frames of one video are similar to each other, so that covariances are less
certain than the number of frames suggests: a value should be read beside that of `real-frames`.
"""

import numpy as np
import torch
from torch import Tensor

from latentmotion.data.prepared import Split
from latentmotion.evaluation.protocols.base import EvaluationContext
from latentmotion.evaluation.protocols.generate import between, drawn
from latentmotion.models import base as contract

NAME = "frame-distance"
NEEDS = frozenset({contract.SAMPLE_CONTENT, contract.SAMPLE_MOTION})


def applies(context: EvaluationContext) -> bool:
    """Where a network is loaded that extracts features of frames."""
    return bool(context.frame_feature_extractors)


def measure(context: EvaluationContext) -> dict[str, float]:
    """`identifier` -> Frechet distance (metrics/frechet_distance.py), for each network that is loaded."""
    real = videos(context.split, np.arange(len(context.split)))
    generated = drawn(context, *real.shape[:2])
    return {
        identifier(extractor, generated, real): between(extractor, generated, real)
        for extractor in context.frame_feature_extractors
    }


def videos(split: Split, ids: np.ndarray) -> Tensor:
    """The chosen videos of a split, (N, T, C, H, W) uint8."""
    return torch.from_numpy(np.array(split.x[ids]))


def identifier(extractor, first: Tensor, second: Tensor) -> str:
    """Network, videos x frames of both sets, and the size of the network's input: `fid-judge:312x8:312x8:32px`."""
    counts = (f"{len(part)}x{part.shape[1]}" for part in (first, second))
    return ":".join([extractor.name, *counts, extractor.resizing])
