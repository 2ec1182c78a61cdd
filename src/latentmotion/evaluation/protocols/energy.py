"""energy: how well a learned motion conserves its energy (HALO, supplement, section 3.2: "strictly conserved").

The states of first frames are rolled out over rollout_length frames. The energy of a sequence is the sum over its
operators; an operator that does not move has energy 0.
"""

import torch

from latentmotion.evaluation.metrics.relative import relative
from latentmotion.evaluation.protocols.base import EvaluationContext
from latentmotion.models import base as contract

NAME = "energy"
NEEDS = frozenset({contract.DYNAMICS, contract.ENERGY})
TERMS = ("kinetic", "potential", "nonseparable")


def applies(context: EvaluationContext) -> bool:
    """To data sets whose first frames are not hidden, because states are inferred from them."""
    return bool(context.split.seen.all())


def measure(context: EvaluationContext) -> dict[str, float]:
    """Metrics of the drift max_t |E_t - E_0| of each sequence. States are float32, energies are summed in float64.

    energy_drift: the drift divided by |E_0|, at most 1e6 for each sequence; mean over the sequences.
    energy_drift_worst: the largest drift divided by |E_0|. Where kinetic and potential energy nearly cancel, E_0 is
        near zero and rounding errors alone make this value large.
    energy_drift_of_terms: the drift divided by the mean over time of |kinetic| + |potential| + |nonseparable|, which
        cannot cancel; mean over the sequences.
    kinetic_range, potential_range, nonseparable_range: the largest less the smallest value of the term over time,
        divided by the same mean; mean over the sequences. 0 where the term is constant, as in a state at rest.
    """
    of_total, of_terms = [], []
    ranges: dict[str, list] = {name: [] for name in TERMS}
    for _, batch in context.batches():
        state = context.model.state(batch.x[:, :1], batch.action)
        terms = context.model.energies(context.model.advance(state, 0, context.settings["rollout_length"]))
        energy = terms["total"].double().sum(-1)
        size = sum(terms[name].double().abs().sum(-1) for name in TERMS).mean(1)
        drift = (energy - energy[:, :1]).abs().amax(1)
        of_total.append(relative(drift, energy[:, 0].abs()))
        of_terms.append(relative(drift, size))
        for name in TERMS:
            values = terms[name].double().sum(-1)
            ranges[name].append(relative(values.amax(1) - values.amin(1), size))
    drifts = torch.cat(of_total)
    return {
        "energy_drift": drifts.mean().item(),
        "energy_drift_worst": drifts.max().item(),
        "energy_drift_of_terms": torch.cat(of_terms).mean().item(),
        **{f"{name}_range": torch.cat(parts).mean().item() for name, parts in ranges.items()},
    }
