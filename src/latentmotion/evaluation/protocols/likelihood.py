"""likelihood: log-likelihoods of scored points and of training points (Equivariant Hamiltonian flows, figure 2A).

The paper plots a log-likelihood and trains by the ELBO (its equation 1). The ELBO is below the log-likelihood by what
the encoder misses, and it is further below on points that the encoder was not trained on. Two estimates come closer, so
that models are compared by their densities and not by their encoders: the importance-weighted bound (Burda et al.,
2016), and the log-likelihood itself by importance sampling from a mixture that is wide enough to miss nothing.

Three marks stand beside them. The mean log density of the target at the same points is the highest value that a model
can be expected to reach on points that it has not learnt from. The target's entropy is the negative of the same value
over all points that the target may give. The normal density fitted to the points that were learnt from is the simplest
density that a model should surpass.
"""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from latentmotion.core.keyed_random import normal
from latentmotion.data.densities import entropy, of_facts
from latentmotion.data.prepared import Split
from latentmotion.evaluation.metrics.gaussian_log_density import gaussian_log_density
from latentmotion.evaluation.protocols.base import EvaluationContext, in_batches
from latentmotion.models import base as contract
from latentmotion.training.batches import batch_of

NAME = "likelihood"
NEEDS = frozenset({contract.DENSITY})
SAMPLES = 128  # of a bound
EXACT = 250  # of the log-likelihood


def measure(trial: EvaluationContext) -> dict[str, float]:
    """Nats a point, means over the points. Metrics without a prefix are of the scored split; those with the prefix
    `train_` are of the training points that were learnt from, but of no more points than are scored.

    log_p: the log-likelihood by importance sampling with EXACT momenta a point.
    elbo: with SAMPLES momenta a point.
    iw128: the importance-weighted bound with SAMPLES momenta a point.
    target: the log density of the target at these points, where it is known.
    gaussian: the log density of the normal density that is fitted to the points that were learnt from.
    gap_closed: which part of the way from `gaussian` to `target` log_p has gone: 0 is no better than the normal
        density, 1 is as good as the target. Of the scored split only.
    overfit, overfit_iw128: log_p, or iw128, of the training points less that of the scored ones, from which the same
        difference of the target is subtracted, since the drawn points may by chance lie where the target is higher. It
        is missing where the target is not known.
    target_entropy: of the target, in nats. It does not depend on the points.
    training_elbo: the mean ELBO over the steps of the training, of points that the step had not learnt from.
    """
    target, known = of_facts(trial.facts), learnt(trial)
    fitted = trial.train.x[known].reshape(len(known), -1)
    metrics = {}
    for prefix, split, ids in (
        ("", trial.split, np.arange(len(trial.split))),
        ("train_", trial.train, known[: len(trial.split)]),
    ):
        found = torch.cat([torch.stack(part) for part in _estimates(trial, split, ids, prefix)], dim=1)
        names = (f"{prefix}{name}" for name in ("elbo", f"iw{SAMPLES}", "log_p"))
        metrics |= dict(zip(names, found.double().mean(1).tolist(), strict=True))
        points = split.x[ids].reshape(len(ids), -1)
        metrics[f"{prefix}gaussian"] = float(gaussian_log_density(points, fitted).mean())
        if target is not None:
            metrics[f"{prefix}target"] = float(target.log_density(split.x[ids].astype(np.float64)).mean())
    if target is not None:
        way = metrics["target"] - metrics["gaussian"]
        if way > 0:
            metrics["gap_closed"] = (metrics["log_p"] - metrics["gaussian"]) / way
        chance = metrics["train_target"] - metrics["target"]
        for name, estimate in (("overfit", "log_p"), (f"overfit_iw{SAMPLES}", f"iw{SAMPLES}")):
            metrics[name] = metrics[f"train_{estimate}"] - metrics[estimate] - chance
        metrics["target_entropy"] = entropy(target)
    return metrics | _of_training(trial)


def learnt(trial: EvaluationContext) -> np.ndarray:
    """The training points that the model has learnt from: all, unless it has a `learnt` (groups,) that says which."""
    marked = getattr(trial.model, "learnt", None)
    if marked is None:
        return np.arange(len(trial.train))
    groups = np.unique(trial.train.group)[marked.cpu().numpy()]
    return np.flatnonzero(np.isin(trial.train.group, groups))


def _of_training(trial: EvaluationContext) -> dict[str, float]:
    """The mean ELBO over the training, where the model has kept it."""
    value = getattr(trial.model, "training_elbo", lambda: None)()
    return {} if value is None else {"training_elbo": value}


def _estimates(
    trial: EvaluationContext, split: Split, ids: np.ndarray, prefix: str
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """The ELBO, the importance-weighted bound and the log-likelihood of a batch of points at a time."""
    for places in in_batches(len(ids)):
        chosen = ids[places]
        x = batch_of(split, chosen, trial.train.group, trial.device).x
        noise = [
            normal(chosen, count * trial.model.bound_noise, trial.seed, NAME, *purpose).to(trial.device)
            for count, purpose in ((SAMPLES, (prefix,)), (EXACT, (prefix, "exact")))
        ]
        few, many = (part.view(len(x), -1, trial.model.bound_noise) for part in noise)
        yield *trial.model.bounds(x, few), trial.model.log_density(x, many)
