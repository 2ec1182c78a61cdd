"""speaker-verification: do the codes of two utterances tell whether one speaker said both? (R-WAE, table 1)

Of the content it should, of the motion it should not. As Hsu et al. (2017) and Li and Mandt (2018), whom the paper
follows: an utterance is the mean of the posterior means of its segments (of the motion also over their frames), two
utterances are as alike as the cosine of the angle between their means, and every pair of utterances of the scored split
is one trial. Nothing is fitted to speakers, and codes are compared as they are, neither centred nor scaled.
"""

import numpy as np

from latentmotion.core.errors import UserError
from latentmotion.evaluation.metrics.equal_error_rate import equal_error_rate
from latentmotion.evaluation.protocols.base import EvaluationContext
from latentmotion.models import base as contract

NAME = "speaker-verification"
NEEDS = frozenset({contract.ENCODE})
LABEL = "speaker"


def applies(trial: EvaluationContext) -> bool:
    """To sound whose speakers are known. Its groups are utterances."""
    return "sound" in trial.facts and LABEL in trial.split.labels


def measure(trial: EvaluationContext) -> dict[str, float]:
    """content_eer, motion_eer: equal error rates as fractions."""
    codes = {"content": trial.codes.content, "motion": trial.codes.motion.mean(1)}
    return {f"{name}_eer": verify(trial, code.double().cpu().numpy(), cosine, name) for name, code in codes.items()}


def verify(trial: EvaluationContext, segments: np.ndarray, alike, name: str) -> float:
    """Equal error rate over all pairs of utterances.

    Arguments:
        segments: (N, D), one vector of each segment of the scored split.
        alike: utterance means (U, D) -> scores (U, U), higher for what is more alike.
        name: what the vectors are, for the message of a UserError where they allow no verification.
    """
    means, first = utterances(segments, trial.split.group)
    speaker = trial.split.labels[LABEL][first]
    a, b = np.triu_indices(len(means), 1)
    try:
        return equal_error_rate(alike(means)[a, b], speaker[a] == speaker[b])
    except ValueError as error:
        raise UserError(f"{trial.split.name}: verification by {name}: {error}; train again or enlarge it") from None


def utterances(segments: np.ndarray, group: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Means (U, D) of segments (N, D) over each group, in the order of the groups' numbers, and a segment of each."""
    _, first, place, count = np.unique(group, return_index=True, return_inverse=True, return_counts=True)
    sums = np.zeros((len(count), segments.shape[1]))
    np.add.at(sums, place, segments)
    return sums / count[:, None], first


def cosine(means: np.ndarray) -> np.ndarray:
    """(U, D) -> cosines (U, U); not finite for a vector of zeros, which has no direction."""
    with np.errstate(invalid="ignore"):
        unit = means / np.linalg.norm(means, axis=1, keepdims=True)
    return unit @ unit.T
