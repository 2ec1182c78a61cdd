"""speaker-verification: do the codes of two utterances tell whether one speaker said both? (R-WAE, table 1)

Of the content it should, of the motion it should not. As Hsu et al. (2017) and Li and Mandt (2018), whom the paper
follows: an utterance is the mean of the posterior means of its segments (of the motion also over their frames), two
utterances are as alike as the cosine of the angle between their means, and every pair of utterances of the scored split
is one trial. Nothing is fitted to speakers, and codes are compared as they are, neither centred nor scaled.

An utterance may be a single word, and a word is then as constant as its speaker is. So the same rates are also taken of
ten utterances of a speaker joined to one, where the speakers have said enough.
"""

import numpy as np

from latentmotion.core.errors import UserError
from latentmotion.evaluation.metrics.equal_error_rate import equal_error_rate
from latentmotion.evaluation.protocols.base import EvaluationContext
from latentmotion.models import base as contract

NAME = "speaker-verification"
NEEDS = frozenset({contract.ENCODE})
LABEL = "speaker"
JOINED = 10  # utterances that are joined to one


def applies(trial: EvaluationContext) -> bool:
    """To sound whose speakers are known. Its groups are utterances."""
    return "sound" in trial.facts and LABEL in trial.split.labels


def measure(trial: EvaluationContext) -> dict[str, float]:
    """Equal error rates as fractions: content_eer and motion_eer, and those of joined utterances where there are any.

    content_joined_eer and motion_joined_eer are left out unless two speakers or more have 2 x JOINED utterances.
    """
    codes = {"content": trial.codes.content, "motion": trial.codes.motion.mean(1)}
    whole = joined(trial.split.group, trial.split.labels[LABEL])
    rates = {}
    for name, code in codes.items():
        segments = code.double().cpu().numpy()
        rates[f"{name}_eer"] = verify(trial, segments, cosine, name)
        if whole is not None:
            rates[f"{name}_joined_eer"] = verify(trial, segments, cosine, name, whole)
    return rates


def verify(trial: EvaluationContext, segments: np.ndarray, alike, name: str, group: np.ndarray | None = None) -> float:
    """Equal error rate over all pairs of utterances.

    Arguments:
        segments: (N, D), one vector of each segment of the scored split.
        alike: utterance means (U, D) -> scores (U, U), higher for what is more alike.
        name: what the vectors are, for the message of a UserError where they allow no verification.
        group: (N,), which utterance each segment belongs to, -1 for none; None: the groups of the scored split.
    """
    group = trial.split.group if group is None else group
    used = group >= 0
    means, first = utterances(segments[used], group[used])
    speaker = trial.split.labels[LABEL][used][first]
    a, b = np.triu_indices(len(means), 1)
    try:
        return equal_error_rate(alike(means)[a, b], speaker[a] == speaker[b])
    except ValueError as error:
        raise UserError(f"{trial.split.name}: verification by {name}: {error}; train again or enlarge it") from None


def joined(group: np.ndarray, speaker: np.ndarray) -> np.ndarray | None:
    """Utterances and speakers of segments (N,) -> the joined utterance that each segment belongs to, -1 for none.

    Of a speaker with n utterances, n // JOINED joined ones are made. They are dealt out in turn, so that words that
    follow one another in the corpus come to different ones. None where fewer than two speakers have two of them.
    """
    found = np.full(len(group), -1)
    counts = []
    for name in np.unique(speaker):
        own = np.unique(group[speaker == name])
        count = len(own) // JOINED
        for i in range(count):
            taken = own[i : count * JOINED : count]
            found[np.isin(group, taken)] = found.max() + 1
        counts.append(count)
    return found if np.sum(np.array(counts) >= 2) >= 2 else None


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
