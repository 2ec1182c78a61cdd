"""encoded-paths: where do the states of a sequence lie, and does a long roll-out stay among them? (HALO, section 1)

HALO states that frames which are near in a sequence are near in phase space, and that motion lies on a low-dimensional
manifold which long roll-outs do not leave. Both are measured with the states that the model infers from real sequences:
the state at frame t is inferred from the frames up to t, and no dynamics takes part in it.

For `motion_order`, the motion codes of whole sequences take the place of states, so that models without dynamics can be
compared. In a model with dynamics these codes lie on a path that the dynamics makes.
"""

import numpy as np
import torch
from torch import Tensor

from latentmotion.core.errors import UserError
from latentmotion.evaluation.metrics.rank_correlation import rank_correlation
from latentmotion.evaluation.metrics.relative import relative
from latentmotion.evaluation.protocols.base import EvaluationContext, subset
from latentmotion.models import base as contract

NAME = "encoded-paths"
NEEDS = frozenset({contract.ENCODE})
DATASETS = ("balls", "faces", "sprites")
SEQUENCES = 256
EVERY = 5  # of the frames in the second half of a roll-out, one in so many is compared


def applies(context: EvaluationContext) -> bool:
    """To sequences of several frames that the model has encoded."""
    return context.codes is not None and context.codes.motion is not None and context.split.x.shape[1] > 2


def scored(context: EvaluationContext) -> int:
    """The number of sequences."""
    return min(SEQUENCES, len(context.split))


def measure(context: EvaluationContext) -> dict[str, float]:
    """motion_order: the rank correlation of the distance between the motion codes of two frames with the number of
        frames between them, over all pairs of frames of a sequence; mean over the sequences. Where sequences repeat,
        frames are counted the shorter way around. Since many pairs are equally far apart in time, the largest possible
        value is a little below 1: 0.96 for cycles of 8 frames.

    Of a model with dynamics:
    state_order: the same of inferred states.
    manifold_distance: how far the states in the second half of a roll-out over rollout_length frames are from the
        nearest state inferred from any other sequence, divided by the same distance of inferred states; both are
        medians. 1 is as near as real states are to each other, and a larger value has left them.

    Of a model with an energy, too:
    energy_within: the variance of the energy of inferred states within sequences, as a share of their whole variance.
        0 where the energy is constant along every sequence.
    """
    chosen = subset(context.split, SEQUENCES, NAME)
    metrics = {"motion_order": order(context.codes.motion[chosen], context.split.repeats)}
    if contract.DYNAMICS not in context.model.capabilities:
        return metrics
    states, rolled = [], []
    first, last = context.settings["rollout_length"] // 2, context.settings["rollout_length"]
    for _, batch in context.batches(chosen=chosen):
        states.append(inferred(context.model, batch))
        path = context.model.advance(states[-1][:, 0], 0, last)
        rolled.append(path[:, first::EVERY])
    states, rolled = torch.cat(states), torch.cat(rolled)
    metrics["state_order"] = order(states.flatten(2), context.split.repeats)
    among = nearest_others(states.flatten(2), states.flatten(2)).median()
    metrics["manifold_distance"] = relative(nearest_others(rolled.flatten(2), states.flatten(2)).median(), among).item()
    if contract.ENERGY in context.model.capabilities:
        energy = context.model.energies(states)["total"].double().sum(-1)
        metrics["energy_within"] = relative(energy.var(1, correction=0).mean(), energy.var(correction=0)).item()
    return metrics


def inferred(model: contract.SequenceModel, batch: contract.Batch) -> Tensor:
    """The states (B, T, K, S) that are inferred at every frame from the frames up to it."""
    return torch.stack([model.state(batch.x[:, : t + 1], batch.action) for t in range(batch.x.shape[1])], dim=1)


def order(codes: Tensor, repeats: bool) -> float:
    """The mean rank correlation between distances of codes (N, T, D) and distances in time, over pairs of frames."""
    if not torch.isfinite(codes).all():
        raise UserError(f"{NAME}: codes hold numbers that are not finite; train the model again")
    frames = codes.shape[1]
    first, second = np.triu_indices(frames, 1)
    apart = second - first
    if repeats:
        apart = np.minimum(apart, frames - apart)
    codes = codes.double()
    far = torch.cdist(codes, codes)[:, first, second].cpu().numpy()
    return float(rank_correlation(far, apart).mean())


def nearest_others(points: Tensor, states: Tensor) -> Tensor:
    """The distance of points (N, P, D) to the nearest of states (N, T, D) of another sequence, (N, P) float64.

    Distances that overflow count as infinite.
    """
    every = states.double().flatten(0, 1)
    owner = torch.arange(len(states), device=states.device).repeat_interleave(states.shape[1])
    nearest = []
    for n, own in enumerate(points.double()):
        far = torch.cdist(own, every).nan_to_num(torch.inf)
        nearest.append(far[:, owner != n].amin(1))
    return torch.stack(nearest)
