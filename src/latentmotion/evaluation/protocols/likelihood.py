"""likelihood: log-likelihoods of scored and of training points, by bounds (Equivariant Hamiltonian flows, figure 2A).

The paper plots a log-likelihood and trains by the ELBO (its equation 1), which is below it by what the encoder misses,
and more so on points that the encoder has not learnt. The importance-weighted bound (Burda et al., 2016) of many
samples is nearer, so that likelihoods are compared and not encoders. Where the target is known in closed form, its own
mean log density at the same points is the mark that no model can be expected to pass on points it has not learnt from.
"""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from latentmotion.core.keyed_random import normal
from latentmotion.data.densities import of_facts
from latentmotion.data.prepared import Split
from latentmotion.evaluation.protocols.base import EvaluationContext, in_batches
from latentmotion.models import base as contract
from latentmotion.training.batches import batch_of

NAME = "likelihood"
NEEDS = frozenset({contract.DENSITY})
SAMPLES = 128


def measure(trial: EvaluationContext) -> dict[str, float]:
    """Nats a point, means over the points: of the scored split, and `train_` of training points that were learnt from,
    as many as are scored at most.

    elbo: with SAMPLES momenta a point.
    iw128: the importance-weighted bound with as many.
    target: log density of the target at these points, where it is known.
    """
    target = of_facts(trial.facts)
    metrics = {}
    for prefix, split, ids in (
        ("", trial.split, np.arange(len(trial.split))),
        ("train_", trial.train, learnt(trial)[: len(trial.split)]),
    ):
        bounds = torch.cat([torch.stack(found) for found in _bounds(trial, split, ids, prefix)], dim=1)
        metrics[f"{prefix}elbo"], metrics[f"{prefix}iw{SAMPLES}"] = bounds.double().mean(1).tolist()
        if target is not None:
            metrics[f"{prefix}target"] = float(target.log_density(split.x[ids].astype(np.float64)).mean())
    return metrics


def learnt(trial: EvaluationContext) -> np.ndarray:
    """The training points that the model has learnt from: all, unless it has a `learnt` (groups,) that says which."""
    marked = getattr(trial.model, "learnt", None)
    if marked is None:
        return np.arange(len(trial.train))
    groups = np.unique(trial.train.group)[marked.cpu().numpy()]
    return np.flatnonzero(np.isin(trial.train.group, groups))


def _bounds(trial: EvaluationContext, split: Split, ids: np.ndarray, prefix: str) -> Iterator[tuple[Tensor, Tensor]]:
    for places in in_batches(len(ids)):
        chosen = ids[places]
        x = batch_of(split, chosen, trial.train.group, trial.device).x
        noise = normal(chosen, SAMPLES * trial.model.bound_noise, trial.seed, NAME, prefix).to(trial.device)
        yield trial.model.bounds(x, noise.view(len(x), SAMPLES, -1))
