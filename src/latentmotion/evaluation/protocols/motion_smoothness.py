"""motion-smoothness: does drawn motion of moving shapes jump? (R-WAE, appendix I)

The paper shows pictures in which motion of DS-VAE jumps and that of R-WAE is smooth. Here the content of test sequences
is combined with motion from the prior, and the path is that of the centroid of what is bright. Its largest second
difference is what a jump makes large; real paths have some, because zig-zags turn. A shape that rests is smooth as
well, so that the spread of the paths stands beside it.
"""

import torch
from torch import Tensor

from latentmotion.core.keyed_random import normal
from latentmotion.evaluation.metrics.centroid import centroids
from latentmotion.evaluation.protocols.base import EvaluationContext, subset
from latentmotion.models import base as contract

NAME = "motion-smoothness"
NEEDS = frozenset({contract.ENCODE, contract.SAMPLE_MOTION})
DATASETS = ("moving_shapes",)
SEQUENCES = 256
VISIBLE = 0.25  # a shape is found if its weight is at least this part of the smallest real one


def applies(context: EvaluationContext) -> bool:
    """To pictures that the model has encoded."""
    return context.codes is not None and context.codes.content is not None and context.split.x.ndim == 5


def scored(context: EvaluationContext) -> int:
    """The number of drawn motions."""
    return min(SEQUENCES, len(context.split))


def measure(context: EvaluationContext) -> dict[str, float]:
    """largest_jump: the mean over sequences of the largest second difference of the centroid, divided by that of the
        real sequences. It is left out unless a shape is found in all frames of at least one sequence.
    path_spread: the standard deviation over sequences of the way from the first frame to the last one, divided by that
        of the real sequences. 1 where drawn motions differ as much as real ones, 0 where all are alike or at rest.
    found: the share of frames in which a shape is found.
    """
    drawn, weights, real, real_weights = [], [], [], []
    for ids, batch in context.batches(chosen=subset(context.split, SEQUENCES, NAME)):
        frames = batch.x.shape[1]
        noise = normal(ids, context.model.motion_noise(frames), context.seed, NAME).to(context.device)
        motion = context.model.sample_motion(batch.action, frames, noise)
        for x, paths, masses in (
            (context.model.decode(context.codes.content[ids], motion), drawn, weights),
            (batch.x, real, real_weights),
        ):
            path, weight = centroids(x)
            paths.append(path)
            masses.append(weight)
    seen = torch.cat(weights) >= VISIBLE * torch.cat(real_weights).min()
    whole, real_paths = torch.cat(drawn)[seen.all(1)], torch.cat(real)
    metrics = {"found": seen.double().mean().item(), "path_spread": 0.0}
    if len(whole) > 1:
        metrics["largest_jump"] = (_jumps(whole).mean() / _jumps(real_paths).mean()).item()
        metrics["path_spread"] = (_spread(whole) / _spread(real_paths)).item()
    return metrics


def _jumps(paths: Tensor) -> Tensor:
    """The largest second difference of paths (N, T, 2), (N,)."""
    return (paths[:, 2:] - 2 * paths[:, 1:-1] + paths[:, :-2]).norm(dim=-1).amax(1)


def _spread(paths: Tensor) -> Tensor:
    """The standard deviation over paths (N, T, 2) of their ways from start to end."""
    return (paths[:, -1] - paths[:, 0]).var(0).sum().sqrt()
