"""generated-energy: what motions from the prior conserve (Hamiltonian GAN, section 3.1).

The Hamiltonian of the paper is meant to conserve an energy, and its loss to find cyclic coordinates, whose momenta are
conserved; the paper measures neither. The energy is the model's own, with an arbitrary unit and zero, so that its drift
is compared with the differences between the energies of samples.
"""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from latentmotion.core.errors import UserError
from latentmotion.core.keyed_random import normal
from latentmotion.evaluation.metrics.cyclic_coordinates import cyclic_coordinates
from latentmotion.evaluation.metrics.relative import relative
from latentmotion.evaluation.protocols.base import EvaluationContext, in_batches
from latentmotion.models import base as contract

NAME = "generated-energy"
NEEDS = frozenset({contract.SAMPLE_STATE, contract.ENERGY})
SAMPLES = 256


def applies(context: EvaluationContext) -> bool:
    """To videos of simulated systems. Flows of densities have states too, but these do not change over time."""
    return "constants" in context.facts


def measure(context: EvaluationContext) -> dict[str, float]:
    """Metrics of SAMPLES states from the prior, in float32, the precision of the model; energies are summed in float64.

    energy_drift: max_t |E_t - E_0| over rollout_length frames, divided by the standard deviation of E_0, at most 1e6
        for each sample; mean over the samples.
    reversal_error: |s' - s| / |s|, where s' is s after predict_length - 1 frames forwards and as many backwards; mean.
    cyclic_coordinates: how many coordinates of the state are cyclic (metrics/cyclic_coordinates.py), along sequences of
        the length of the training sequences. `coordinates`: how many coordinates there are.
    """
    model, turn = context.model, context.settings["predict_length"]
    energies, reversal, along = [], [], []
    for state in _states(context):
        path = model.roll_out(state, context.settings["rollout_length"] + 1)
        energies.append(model.energies(path)["total"].double().sum(-1))
        back = model.roll_out(model.roll_out(state, turn)[:, -1], turn, -1.0)[:, -1]
        reversal.append(relative((back - state).flatten(1).norm(dim=1), state.flatten(1).norm(dim=1)))
        along.append(forces(model, path[:, : context.split.x.shape[1]]).flatten(2).flatten(0, 1).cpu().numpy())
    energy = torch.cat(energies)
    drift = (energy - energy[:, :1]).abs().amax(1)
    try:
        found = cyclic_coordinates(np.concatenate(along))
    except ValueError as error:
        raise UserError(f"{NAME}: forces along generated motions: {error}; train the model again") from None
    return {
        "energy_drift": relative(drift, energy[:, 0].std()).mean().item(),
        "reversal_error": torch.cat(reversal).mean().item(),
        "cyclic_coordinates": float(found),
        "coordinates": float(along[0].shape[1]),
    }


def scored(context: EvaluationContext) -> int:
    """The number of sampled states."""
    return SAMPLES


def forces(model: contract.SequenceModel, states: Tensor) -> Tensor:
    """dp/dt = -dH/dq at states (..., K, S): (..., K, S/2)."""
    with torch.enable_grad():
        states = states.detach().requires_grad_()
        slopes = torch.autograd.grad(model.energies(states)["total"].sum(), states)[0]
    return -slopes.chunk(2, dim=-1)[0]


def _states(context: EvaluationContext) -> Iterator[Tensor]:
    for ids in in_batches(SAMPLES):
        noise = normal(ids, context.model.state_noise, context.seed, NAME)
        yield context.model.sample_state(noise.to(context.device))
