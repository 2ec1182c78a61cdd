"""motion-manifold: how many dimensions do sampled motions take up? (Hamiltonian GAN, section 5.3, which looks at it)

The paper shows 1,024 motions after one step as t-SNE, by which it calls that of its model on the pendulum "one
dimensional". Here their dimension is measured, as the participation ratio (metrics/participation_ratio.py).
"""

import torch
from torch import Tensor

from latentmotion.core.errors import UserError
from latentmotion.core.keyed_random import normal
from latentmotion.evaluation.metrics.participation_ratio import participation_ratio
from latentmotion.evaluation.protocols.base import Trial, in_batches
from latentmotion.models import base as contract

NAME = "motion-manifold"
NEEDS = frozenset({contract.SAMPLE_MOTION})
SAMPLES = 1024


def applies(trial: Trial) -> bool:
    """Where videos are of a simulated system, whose true dimension is known."""
    return "constants" in trial.facts


def measure(trial: Trial) -> dict[str, float]:
    """participation_ratio: of SAMPLES motions, one step after their first frame. motion_size: the most it could be."""
    actions = torch.from_numpy(trial.split.labels["action"]).to(trial.device)
    motion = sampled(trial.model, SAMPLES, 2, actions, trial.seed, NAME)[:, 1]
    try:
        return {
            "participation_ratio": participation_ratio(motion.cpu().numpy()),
            "motion_size": float(motion.shape[1]),
        }
    except ValueError as error:
        raise UserError(f"{NAME}: motion from the prior: {error}; train the model again") from None


def scored(trial: Trial) -> int:
    return SAMPLES


def sampled(model: contract.SequenceModel, count: int, length: int, actions: Tensor, *key: int | str) -> Tensor:
    """Motions from the prior, (count, length, M), each with noise of its own key and the next of the actions (any,)."""
    parts = []
    for ids in in_batches(count):
        noise = normal(ids, model.motion_noise(length), *key).to(actions.device)
        parts.append(model.sample_motion(actions[ids % len(actions)], length, noise))
    return torch.cat(parts)
