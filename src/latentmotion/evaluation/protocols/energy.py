"""energy: does the energy of a learned motion stay what it is? (HALO, supplement, section 3.2: "strictly conserved")

States of first frames are rolled out over rollout_length frames. The energy of a sequence is the sum over its
operators; those that do not move have none.
"""

import torch

from latentmotion.evaluation.metrics.relative import relative
from latentmotion.evaluation.protocols.base import Trial
from latentmotion.models import base as contract

NAME = "energy"
NEEDS = frozenset({contract.DYNAMICS, contract.ENERGY})


def applies(trial: Trial) -> bool:
    """States are those of first frames, which must be there to be seen."""
    return bool(trial.split.seen.all())


def measure(trial: Trial) -> dict[str, float]:
    """Of each sequence, max_t |E_t - E_0|, with states in the model's own float32 and energies summed in float64.

    energy_drift: relative to |E_0|, mean over the sequences, each counting 1e6 at most.
    energy_drift_worst: the same of the worst sequence. Where kinetic and potential energy nearly cancel, E_0 is near
        zero and rounding alone makes this large.
    energy_drift_of_terms: relative to the path's mean of |kinetic| + |potential| + |nonseparable|, which cannot cancel;
        mean over the sequences.
    """
    plain, of_terms = [], []
    for _, batch in trial.batches():
        state = trial.model.state(batch.x[:, :1], batch.action)
        terms = trial.model.energies(trial.model.advance(state, 0, trial.settings["rollout_length"]))
        energy = terms["total"].double().sum(-1)
        size = sum(terms[name].double().abs().sum(-1) for name in ("kinetic", "potential", "nonseparable")).mean(1)
        drift = (energy - energy[:, :1]).abs().amax(1)
        plain.append(relative(drift, energy[:, 0].abs()))
        of_terms.append(relative(drift, size))
    drifts = torch.cat(plain)
    return {
        "energy_drift": drifts.mean().item(),
        "energy_drift_worst": drifts.max().item(),
        "energy_drift_of_terms": torch.cat(of_terms).mean().item(),
    }
