"""symmetry: is a learnt density invariant under rotation, as its target is? (Equivariant Hamiltonian flows, lemma 1)

The protocol measures the density itself: how much log p of a point varies as the point is rotated. It also measures the
Hamiltonian: the quantity that the paper constrains, E[{g, H}^2] with the generator of rotations g = q_1 p_2 - q_2 p_1.
The paper takes that expectation over the base. The flow applies H to other states as well, so that the expectation over
all states of the flow stands beside it. The bracket is the derivative of H along the rotation of q and p together, and
is computed as that.
"""

import math

import numpy as np
import torch
from torch import Tensor

from latentmotion.core.keyed_random import normal, permutation
from latentmotion.data.densities import of_facts
from latentmotion.evaluation.protocols.base import EvaluationContext
from latentmotion.models import base as contract
from latentmotion.training.batches import batch_of

NAME = "symmetry"
NEEDS = frozenset({contract.DENSITY, contract.SAMPLE_STATE, contract.ENERGY})
POINTS, ANGLES, SAMPLES, STATES = 64, 8, 500, 8192


def applies(trial: EvaluationContext) -> bool:
    """The protocol applies where the target is in the plane and known to be invariant."""
    target = of_facts(trial.facts)
    return target is not None and target.invariant


def measure(trial: EvaluationContext) -> dict[str, float]:
    """rotation_spread: the root mean square, over POINTS scored points, of the deviation of log p over ANGLES rotations
    of a point by equal parts of a turn, in nats. log p is estimated with SAMPLES momenta, the same at every angle.
    bracket_squared: E[{g, H}^2] over STATES states of the base.
    bracket_squared_flow: the same over those states and the states that each leapfrog step of the flow makes of them.
    """
    ids = np.sort(permutation(len(trial.split), NAME)[:POINTS])
    x = batch_of(trial.split, ids, trial.train.group, trial.device).x
    noise = normal(ids, SAMPLES * trial.model.bound_noise, trial.seed, NAME, "momenta").to(trial.device)
    noise = noise.view(len(x), SAMPLES, -1)
    turns = torch.arange(ANGLES, device=trial.device) * (2 * math.pi / ANGLES)
    heights = torch.stack([trial.model.log_density(rotated(x, turn), noise) for turn in turns]).double()
    noise = normal(np.arange(STATES), trial.model.state_noise, trial.seed, NAME, "states").to(trial.device)
    path = trial.model.roll_out(trial.model.sample_state(noise), trial.model.config.steps + 1)
    squared = torch.stack([bracket(trial.model, states).square().mean() for states in path.unbind(1)])
    return {
        "rotation_spread": heights.var(0).mean().sqrt().item(),
        "bracket_squared": squared[0].item(),
        "bracket_squared_flow": squared.mean().item(),
    }


def rotated(x: Tensor, angle: Tensor) -> Tensor:
    """Each pair of numbers of x (..., 2 n), rotated anticlockwise by `angle`, a scalar or (...)."""
    a, b = x.unflatten(-1, (-1, 2)).unbind(-1)
    cosine, sine = angle.cos()[..., None], angle.sin()[..., None]
    return torch.stack([cosine * a - sine * b, sine * a + cosine * b], dim=-1).flatten(-2)


def bracket(model: contract.SequenceModel, states: Tensor) -> Tensor:
    """{H, g}, up to its sign {g, H}, of states (B, 1, 4), double precision: (B,)."""
    with torch.enable_grad():
        angle = torch.zeros(states.shape[:-1], device=states.device, requires_grad=True)
        energy = model.energies(rotated(states, angle))["total"].sum()
        return torch.autograd.grad(energy, angle)[0].double().sum(1)
