"""frame-distance: how far frames of generated videos are from real ones, all of it drawn from the priors.

R-WAE, section 5.2: "frame-level FID score" (Heusel et al., 2017), of which the paper says no more. Here as many videos
are generated as are scored, of the same number of frames, the very videos that `generate` has judged; all their frames
are set against all frames of the test sequences. The order of frames does not enter, nor do the actions. Frames of one
video are alike, so they say less of a covariance than their number: a value means little without `real-frames`.
"""

import numpy as np
import torch
from torch import Tensor

from latentmotion.data.prepared import Split
from latentmotion.evaluation.protocols.base import Trial
from latentmotion.evaluation.protocols.generate import between, drawn
from latentmotion.models import base as contract

NAME = "frame-distance"
NEEDS = frozenset({contract.SAMPLE_CONTENT, contract.SAMPLE_MOTION})


def applies(trial: Trial) -> bool:
    return bool(trial.frame_watchers)


def measure(trial: Trial) -> dict[str, float]:
    """Frechet distances (metrics/frechet_distance.py) by `identifier`, one for each network that stands by."""
    real = videos(trial.split, np.arange(len(trial.split)))
    generated = drawn(trial, *real.shape[:2])
    return {identifier(w, generated, real): between(w, generated, real) for w in trial.frame_watchers}


def videos(split: Split, ids: np.ndarray) -> Tensor:
    """Some videos of a split, (N, T, C, H, W) uint8."""
    return torch.from_numpy(np.array(split.x[ids]))


def identifier(watcher, first: Tensor, second: Tensor) -> str:
    """Network, videos x frames of both sets, what size is looked at: `fid-judge:312x8:312x8:32px`."""
    counts = (f"{len(part)}x{part.shape[1]}" for part in (first, second))
    return ":".join([watcher.name, *counts, watcher.resizing])
