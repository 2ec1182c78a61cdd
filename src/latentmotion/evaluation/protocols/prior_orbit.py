"""prior-orbit: do sequences from random states keep a ball on its orbit? (HALO, section 1 and figure 1)

The place of the ball is the centroid of what is bright. All balls of the data set move on one circle about the middle
of the picture, so that its radius is known from the real sequences.
"""

import numpy as np
import torch
from torch import Tensor

from latentmotion.evaluation.metrics.centroid import UNITS, centroids
from latentmotion.evaluation.metrics.relative import relative
from latentmotion.evaluation.protocols.base import EvaluationContext, from_priors
from latentmotion.evaluation.protocols.motion_manifold import sampled
from latentmotion.models import base as contract

NAME = "prior-orbit"
NEEDS = frozenset({contract.SAMPLE_CONTENT, contract.SAMPLE_MOTION})
DATASETS = ("balls",)
VIDEOS, AT_ONCE = 128, 32
VISIBLE = 0.5  # a ball is found if its weight is at least this part of the mean real one


def scored(context: EvaluationContext) -> int:
    """The number of generated sequences."""
    return VIDEOS


def measure(context: EvaluationContext) -> dict[str, float]:
    """Over sequences of rollout_length frames from the priors:

    orbit_deviation: the difference between the ball's distance from the middle and the radius of the orbit, in pixels
        of a frame, mean over the frames in which a ball is found. `real_orbit_deviation`: the same of real sequences.
    orbit_deviation_last: the same over the last quarter of the frames.
    found: the share of frames in which a ball is found.
    motion_spread: the root mean square of the motion codes drawn from the prior at the first frame, divided by that of
        the codes of real sequences. Above 1, random states reach beyond those that the model knows. It is missing for
        a model without an encoder.
    """
    length = context.settings["rollout_length"]
    parts = np.array_split(np.arange(VIDEOS), -(-VIDEOS // AT_ONCE))
    generated = [centroids(from_priors(context, ids, length, NAME)) for ids in parts]
    real = [centroids(batch.x) for _, batch in context.batches()]
    (path, weight), (true, usual) = (tuple(map(torch.cat, zip(*pairs, strict=True))) for pairs in (generated, real))
    seen, radius = weight >= VISIBLE * usual.mean(), _radius(true).mean()
    pixels = context.split.x.shape[-1] / UNITS
    off = (_radius(path) - radius).abs() * pixels
    metrics = {
        "found": seen.double().mean().item(),
        "real_orbit_deviation": ((_radius(true) - radius).abs() * pixels).mean().item(),
    }
    late = slice(-(length // 4), None)
    for name, values, chosen in (
        ("orbit_deviation", off, seen),
        ("orbit_deviation_last", off[:, late], seen[:, late]),
    ):
        if chosen.any():
            metrics[name] = values[chosen].mean().item()
    if context.codes is not None and context.codes.motion is not None:
        metrics["motion_spread"] = relative(_size(_first_motions(context)), _size(context.codes.motion)).item()
    return metrics


def _radius(path: Tensor) -> Tensor:
    return (path - UNITS / 2).norm(dim=-1)


def _size(motion: Tensor) -> Tensor:
    return motion.double().square().mean().sqrt()


def _first_motions(context: EvaluationContext) -> Tensor:
    actions = torch.from_numpy(context.split.labels["action"]).to(context.device)
    return sampled(context.model, VIDEOS, 2, actions, context.seed, NAME)[:, 0]
