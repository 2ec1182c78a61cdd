"""inverse-flow: is the trained flow invertible, and does it keep volume, for any step size? (sections 2 and 3)

Equivariant Hamiltonian flows, property (ii), follows from the leapfrog's construction. It is measured with the trained
energies in double precision, at step sizes far from that of the training. Its errors come from rounding alone.
"""

import copy

import numpy as np
import torch
from torch import Tensor

from latentmotion.core.keyed_random import normal
from latentmotion.evaluation.protocols.base import EvaluationContext
from latentmotion.models import base as contract

NAME = "inverse-flow"
NEEDS = frozenset({contract.DENSITY, contract.SAMPLE_STATE})
DATASETS = ("modes", "ring", "ring_finite")
STATES, SIZES = 64, (0.1, 1.0, 10.0)


def scored(trial: EvaluationContext) -> int:
    """The number of states."""
    return STATES


def measure(trial: EvaluationContext) -> dict[str, float]:
    """For each step size dt of SIZES, over STATES states s of the base, as `inverse_error_dt0.1` and so on:

    inverse_error: the largest |T^-1(T(s)) - s|.
    volume_error: the largest |ln |det dT/ds||.
    moved: the root mean square distance of T(s) from s.
    """
    model = copy.deepcopy(trial.model).double()
    noise = normal(np.arange(STATES), model.state_noise, trial.seed, NAME).double().to(trial.device)
    start = model.sample_state(noise)
    metrics = {}
    for size in SIZES:
        step = size / model.config.dt
        with torch.enable_grad():
            given = start.detach().requires_grad_()
            end = _flow(model, given, step)
            rows = [torch.autograd.grad(column.sum(), given, retain_graph=True)[0] for column in end.flatten(1).T]
        jacobian = torch.stack([row.flatten(1) for row in rows], dim=1)
        there = end.detach()
        metrics |= {
            f"inverse_error_dt{size:g}": _largest(_flow(model, there, -step) - start),
            f"volume_error_dt{size:g}": torch.linalg.slogdet(jacobian).logabsdet.abs().max().item(),
            f"moved_dt{size:g}": (there - start).square().flatten(1).sum(1).mean().sqrt().item(),
        }
    return metrics


def _flow(model: contract.SequenceModel, state: Tensor, step: float) -> Tensor:
    return model.roll_out(state, model.config.steps + 1, step)[:, -1]


def _largest(difference: Tensor) -> float:
    return difference.flatten(1).norm(dim=1).max().item()
