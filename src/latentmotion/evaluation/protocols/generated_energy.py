"""generated-energy: what do motions from the prior conserve? (Hamiltonian GAN, section 3.1)

Its Hamiltonian is there to conserve an energy, and its loss to find cyclic coordinates, whose momenta are conserved; it
measures neither. The energy is the model's own, whose unit and zero have no meaning, so that a drift is compared with
how much the energies of samples differ.
"""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from latentmotion.core.errors import UserError
from latentmotion.core.keyed_random import normal
from latentmotion.evaluation.metrics.cyclic_coordinates import cyclic_coordinates
from latentmotion.evaluation.metrics.relative import relative
from latentmotion.evaluation.protocols.base import Trial, in_batches
from latentmotion.models import base as contract

NAME = "generated-energy"
NEEDS = frozenset({contract.SAMPLE_STATE, contract.ENERGY})
SAMPLES = 256


def applies(trial: Trial) -> bool:
    """Where videos are of a simulated system: the flows of densities have states as well, but no time goes on."""
    return "constants" in trial.facts


def measure(trial: Trial) -> dict[str, float]:
    """Of SAMPLES states from the prior, in the model's own precision, float32, energies summed in float64.

    energy_drift: max_t |E_t - E_0| over rollout_length frames, relative to the standard deviation of E_0; mean over the
        samples, each counting 1e6 at most.
    reversal_error: |s' - s| / |s|, where s' is s after predict_length - 1 frames forwards and as many backwards; mean.
    cyclic_coordinates: of the states' coordinates (metrics/cyclic_coordinates.py), along sequences of the length of
        training; `coordinates`: how many there are.
    """
    model, turn = trial.model, trial.settings["predict_length"]
    energies, reversal, pushes = [], [], []
    for state in _states(trial):
        path = model.roll_out(state, trial.settings["rollout_length"] + 1)
        energies.append(model.energies(path)["total"].double().sum(-1))
        back = model.roll_out(model.roll_out(state, turn)[:, -1], turn, -1.0)[:, -1]
        reversal.append(relative((back - state).flatten(1).norm(dim=1), state.flatten(1).norm(dim=1)))
        pushes.append(forces(model, path[:, : trial.split.x.shape[1]]).flatten(2).flatten(0, 1).cpu().numpy())
    energy = torch.cat(energies)
    drift = (energy - energy[:, :1]).abs().amax(1)
    try:
        found = cyclic_coordinates(np.concatenate(pushes))
    except ValueError as error:
        raise UserError(f"{NAME}: forces along generated motions: {error}; train the model again") from None
    return {
        "energy_drift": relative(drift, energy[:, 0].std()).mean().item(),
        "reversal_error": torch.cat(reversal).mean().item(),
        "cyclic_coordinates": float(found),
        "coordinates": float(pushes[0].shape[1]),
    }


def scored(trial: Trial) -> int:
    return SAMPLES


def forces(model: contract.SequenceModel, states: Tensor) -> Tensor:
    """dp/dt = -dH/dq at states (..., K, S): (..., K, S/2)."""
    with torch.enable_grad():
        states = states.detach().requires_grad_()
        slopes = torch.autograd.grad(model.energies(states)["total"].sum(), states)[0]
    return -slopes.chunk(2, dim=-1)[0]


def _states(trial: Trial) -> Iterator[Tensor]:
    for ids in in_batches(SAMPLES):
        noise = normal(ids, trial.model.state_noise, trial.seed, NAME)
        yield trial.model.sample_state(noise.to(trial.device))
