"""symmetry: is a learnt density invariant under rotation, as its target is? (Equivariant Hamiltonian flows, lemma 1)

The protocol measures the density itself: how much log p of a point varies as the point is rotated. It also measures the
Hamiltonian: the quantity that the paper constrains, E[{g, H}^2] with the generator of rotations g = q_1 p_2 - q_2 p_1.
The paper takes that expectation over the base. The flow applies H to other states as well, so that the expectation over
all states of the flow stands beside it. The bracket is the derivative of H along the rotation of q and p together, and
is computed as that.

Further metrics look at what follows from the constraint: that K and U are themselves symmetric (figure 2A, right), that
g stays constant along the flow T, and that rotating before or after T is the same (section 2).
"""

import math

import numpy as np
import torch
from torch import Tensor

from latentmotion.core.keyed_random import normal, permutation
from latentmotion.data.densities import of_facts
from latentmotion.evaluation.metrics.relative import relative
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

    potential_on_circles, kinetic_on_circles: the root mean square deviation of U, or of K, over ANGLES rotations of a
        point, divided by the range of the energy over the points. Those of U are the scored points, those of K the
        momenta of all states of the flow.
    potential_range, kinetic_range: these ranges, in nats.
    generator_change: the root mean square of g after a step less g before the flow, over states and steps, divided by
        the standard deviation of g over states of the base.
    equivariance_error: the root mean square distance of T(R s) from R T(s) over states s of the base and ANGLES
        rotations R.
    flow_distance: the root mean square distance of T(s) from s, which is 0 for a flow that does nothing.
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
        **_energies_on_circles(trial, path, turns),
        **_equivariance(trial.model, path, turns),
    }


def _energies_on_circles(trial: EvaluationContext, path: Tensor, turns: Tensor) -> dict[str, float]:
    """The four metrics of K and U; path (B, steps + 1, 1, 4)."""
    q = torch.from_numpy(np.array(trial.split.x)).to(path).reshape(len(trial.split), 1, 2)
    points = {
        "potential": torch.cat([q, torch.zeros_like(q)], dim=-1),
        "kinetic": path.flatten(0, 1) * torch.tensor([0, 0, 1, 1]).to(path),
    }
    metrics = {}
    for name, states in points.items():
        energy = torch.stack([trial.model.energies(rotated(states, turn))[name] for turn in turns]).double()
        extent = energy[0].max() - energy[0].min()
        metrics[f"{name}_on_circles"] = relative(energy.var(0).mean().sqrt(), extent).item()
        metrics[f"{name}_range"] = extent.item()
    return metrics


def _equivariance(model: contract.SequenceModel, path: Tensor, turns: Tensor) -> dict[str, float]:
    start, end = path[:, 0], path[:, -1]
    generator = _generator(path)
    change = (generator[:, 1:] - generator[:, :1]).square().mean().sqrt()
    apart = [_last(model, rotated(start, turn)) - rotated(end, turn) for turn in turns]
    return {
        "generator_change": relative(change, generator[:, 0].std()).item(),
        "equivariance_error": torch.stack(apart).double().square().sum(-1).mean().sqrt().item(),
        "flow_distance": (end - start).double().square().sum(-1).mean().sqrt().item(),
    }


def _last(model: contract.SequenceModel, states: Tensor) -> Tensor:
    return model.roll_out(states, model.config.steps + 1)[:, -1]


def _generator(states: Tensor) -> Tensor:
    """g = q_1 p_2 - q_2 p_1 of states (B, T, 1, 4), double precision: (B, T)."""
    q1, q2, p1, p2 = states.double().squeeze(2).unbind(-1)
    return q1 * p2 - q2 * p1


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
