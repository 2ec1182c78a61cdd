"""dynamics: whether the learned motion is reversible, symplectic and bounded, at the states of first frames.

HALO claims the three properties (section 1) but does not measure them. These metrics are this project's own, and the
same for every kind of dynamics.
"""

import numpy as np
import torch
from torch import Tensor

from latentmotion.evaluation.metrics.relative import CEILING, relative
from latentmotion.evaluation.protocols.base import BATCH, EvaluationContext, in_batches, subset
from latentmotion.models import base as contract
from latentmotion.training.batches import batch_of

NAME = "dynamics"
NEEDS = frozenset({contract.DYNAMICS})
POINTS = 16  # the number of states at which the Jacobian is computed
FAR, FEW = 1000, 256  # frames of the longest roll-out, and how many sequences are rolled out so far
BOUNDS = 0.5, 2.0  # a state is bounded if its length stays within these multiples of the first one


def applies(context: EvaluationContext) -> bool:
    """To data sets whose first frames are not hidden, because states are inferred from them."""
    return bool(context.split.seen.all())


def measure(context: EvaluationContext) -> dict[str, float]:
    """Metrics in float32, the precision of the model; means over the sequences, whose relative errors are at most 1e6.

    reversibility_error: |s' - s| / |s|, where s' is s after predict_length - 1 frames forwards and as many backwards.
    growth: the geometric mean of |s_n| / |s_0| after n = rollout_length frames; 1 for a motion that keeps its size.
    bounded: the share of sequences with |s_n| / |s_0| within BOUNDS.
    growth_worst: the largest factor by which a state has grown or shrunk after n frames, at least 1.
    growth_far, bounded_far: the same as growth and bounded after FAR frames, over FEW sequences.
    growth_rate: the largest real part of ln(lambda) per frame, where lambda are the eigenvalues of F (below), over
        POINTS states of each action. Where one step is s -> exp(H) s, these are the eigenvalues of H: 0 for a motion
        that only oscillates, positive for one that grows exponentially.
    symplectic_error: the largest entry of |F^T J F - J|, where F is the Jacobian of one step and J = [[0, I], [-I, 0]]
        in each subspace that moves, for states (q, p). It is missing where `state_size`, the dimension of a state, is
        odd, because then there is no J.
    """
    model, n, far = context.model, context.settings["predict_length"] - 1, context.settings["rollout_length"]
    reversal, growth, chosen = [], [], subset(context.split, FEW, NAME)
    for _, batch in context.batches():
        state = model.state(batch.x[:, :1], batch.action)
        there = model.advance(state, 0, n)[:, -1]
        back = model.advance(there, -n, 0)[:, 0]
        reversal.append(relative(_length(back - state), _length(state)))
        growth.append(relative(_length(model.advance(state, 0, far)[:, -1]), _length(state)))
    states = torch.cat([model.state(batch.x[:, :1], batch.action) for _, batch in context.batches(chosen=chosen)])
    far_growth = torch.cat(
        [relative(_length(model.advance(part, 0, FAR)[:, -1]), _length(part)) for part in states.split(BATCH)]
    )
    near = torch.cat(growth)
    factors = near.clamp(min=1 / CEILING)
    metrics = {
        "reversibility_error": torch.cat(reversal).mean().item(),
        "growth": factors.log().mean().exp().item(),
        "bounded": _bounded(near),
        "growth_worst": torch.maximum(factors, 1 / factors).max().item(),
        "growth_far": far_growth.clamp(min=1 / CEILING).log().mean().exp().item(),
        "bounded_far": _bounded(far_growth),
        "state_size": float(state.shape[-1]),
    }
    if (rate := _growth_rate(context)) is not None:
        metrics["growth_rate"] = rate
    if state.shape[-1] % 2 == 0:
        batch = batch_of(context.split, subset(context.split, POINTS, NAME), context.train.group, context.device)
        metrics["symplectic_error"] = symplectic_error(model, model.state(batch.x[:, :1], batch.action))
    return metrics


def _bounded(growth: Tensor) -> float:
    low, high = BOUNDS
    return ((growth >= low) & (growth <= high)).double().mean().item()


def _growth_rate(context: EvaluationContext) -> float | None:
    """`growth_rate` of `measure`, or None where a Jacobian holds numbers that are not finite.

    Subspaces that do not move have zero rows in F, whose ln is minus infinity and is never the largest.
    """
    action = context.split.labels["action"]
    ids = np.sort(np.concatenate([np.flatnonzero(action == value)[:POINTS] for value in np.unique(action)]))
    rates = []
    for places in in_batches(len(ids)):
        batch = batch_of(context.split, ids[places], context.train.group, context.device)
        state = context.model.state(batch.x[:, :1], batch.action)
        moving = (state != 0).any(-1).repeat_interleave(state.shape[-1], dim=1)
        f = jacobian(context.model, state) * moving[:, None] * moving[..., None]
        if not torch.isfinite(f).all():
            return None
        rates.append(torch.linalg.eigvals(f).abs().amax(1).clamp(min=1 / CEILING).log())
    return torch.cat(rates).max().item()


def symplectic_error(model: contract.SequenceModel, state: Tensor) -> float:
    """The largest |F^T J F - J| over states (B, K, S), S even, and over the coordinates of the subspaces that move."""
    moving = (state != 0).any(-1).repeat_interleave(state.shape[-1], dim=1).double()
    f = jacobian(model, state) * moving[:, None] * moving[..., None]
    d = state.shape[-1] // 2
    one = torch.zeros(2 * d, 2 * d, dtype=torch.float64, device=state.device)
    one[:d, d:], one[d:, :d] = torch.eye(d), -torch.eye(d)
    j = torch.block_diag(*[one] * state.shape[1]) * moving[:, None] * moving[..., None]
    return (f.mT @ j @ f - j).abs().max().item()


def jacobian(model: contract.SequenceModel, state: Tensor) -> Tensor:
    """d advance(s, 0, 1)[1] / d s at states (B, K, S): (B, K S, K S) float64, with one row for each output."""
    with torch.enable_grad():
        state = state.detach().requires_grad_()
        after = model.advance(state, 0, 1)[:, 1].flatten(1)
        rows = [torch.autograd.grad(total, state, retain_graph=True)[0].flatten(1) for total in after.sum(0)]
    return torch.stack(rows, dim=1).double()


def _length(state: Tensor) -> Tensor:
    """The Euclidean norm of states (B, K, S) over all subspaces, (B,). Subspaces that do not move are zero."""
    return state.double().flatten(1).norm(dim=1)
