"""spectrum-verification: do two utterances sound alike without any model? Of the data alone.

The bars beside speaker-verification. An utterance's mean spectrum, and even its mean level, tell speakers apart where
each was recorded in another way; a content code that knows them no better has learnt nothing.
"""

import numpy as np

from latentmotion.evaluation.protocols import speaker_verification
from latentmotion.evaluation.protocols.base import Trial
from latentmotion.evaluation.protocols.speaker_verification import cosine, verify

NAME = "spectrum-verification"
NEEDS = frozenset()

applies = speaker_verification.applies


def measure(trial: Trial) -> dict[str, float]:
    """Equal error rates as fractions, over the pairs of speaker-verification.

    spectrum_eer: by the cosine of mean spectra, standardised as models see them. level_eer: by how little the means of
    those differ. trials: how many pairs there are.
    """
    spectra = np.asarray(trial.split.x).mean(1, dtype=np.float64)
    count = len(np.unique(trial.split.group))
    return {
        "spectrum_eer": verify(trial, spectra, cosine, "mean spectrum"),
        "level_eer": verify(trial, spectra.mean(1, keepdims=True), lambda level: -np.abs(level - level.T), "level"),
        "trials": float(count * (count - 1) // 2),
    }
