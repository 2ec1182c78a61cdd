"""motion-manifold: the dimension of the set of sampled motions (Hamiltonian GAN, section 5.3).

The paper shows 1,024 motions after one step by t-SNE, and from this plot calls the motion of its model on the pendulum
"one dimensional". Here the dimension is measured in two ways: as the participation ratio of all motions
(metrics/participation_ratio.py), and locally, from the two nearest neighbours of each motion
(metrics/two_nearest_neighbours.py). A circle has a participation ratio of 2 and a local dimension of 1.

Of a model that encodes, the motions of real sequences are measured, too. A Gaussian prior fills all numbers of its
code, while the codes of real sequences may lie on a set of fewer dimensions; the code is then oversized.
"""

import torch
from torch import Tensor

from latentmotion.core.errors import UserError
from latentmotion.core.keyed_random import normal
from latentmotion.evaluation.metrics.participation_ratio import participation_ratio
from latentmotion.evaluation.metrics.two_nearest_neighbours import local_dimension
from latentmotion.evaluation.protocols.base import EvaluationContext, in_batches
from latentmotion.models import base as contract

NAME = "motion-manifold"
NEEDS = frozenset({contract.SAMPLE_MOTION})
SAMPLES = 1024


def applies(context: EvaluationContext) -> bool:
    """To videos of simulated systems, whose true dimension is known."""
    return "constants" in context.facts


def measure(context: EvaluationContext) -> dict[str, float]:
    """participation_ratio: of SAMPLES motions, one step after their first frame.
    local_dimension: of the same motions.
    motion_size: the dimension M of the motion code, which is the largest possible value.
    encoded_dimension: the local dimension of the motions at the second frame of up to SAMPLES sequences of the split,
        where the model encodes them.
    """
    actions = torch.from_numpy(context.split.labels["action"]).to(context.device)
    motion = sampled(context.model, SAMPLES, 2, actions, context.seed, NAME)[:, 1]
    points, source = motion.cpu().numpy(), "from the prior"
    try:
        metrics = {
            "participation_ratio": participation_ratio(points),
            "local_dimension": local_dimension(points),
            "motion_size": float(motion.shape[1]),
        }
        if context.codes is not None and context.codes.motion is not None:
            source = "of real sequences"
            metrics["encoded_dimension"] = local_dimension(context.codes.motion[:SAMPLES, 1].cpu().numpy())
        return metrics
    except ValueError as error:
        raise UserError(f"{NAME}: motion {source}: {error}; train the model again") from None


def scored(context: EvaluationContext) -> int:
    """The number of sampled motions."""
    return SAMPLES


def sampled(model: contract.SequenceModel, count: int, length: int, actions: Tensor, *key: int | str) -> Tensor:
    """Motions from the prior, (count, length, M). The noise is keyed by the sample; the actions are used in turn."""
    parts = []
    for ids in in_batches(count):
        noise = normal(ids, model.motion_noise(length), *key).to(actions.device)
        parts.append(model.sample_motion(actions[ids % len(actions)], length, noise))
    return torch.cat(parts)
