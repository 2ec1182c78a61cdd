"""spectrum-verification: verification of speakers by mean spectra: the trivial baseline of speaker-verification.

It needs no model: the real test sequences enter it. Where speakers were recorded in different ways, the mean spectrum
of an utterance, and even its mean level, can separate them. A content code that does not separate them better has
learnt nothing useful.
"""

import numpy as np

from latentmotion.evaluation.protocols import speaker_verification
from latentmotion.evaluation.protocols.base import EvaluationContext
from latentmotion.evaluation.protocols.speaker_verification import cosine, verify

NAME = "spectrum-verification"
NEEDS = frozenset()

applies = speaker_verification.applies


def measure(context: EvaluationContext) -> dict[str, float]:
    """Equal error rates as fractions, over the pairs of utterances of speaker-verification.

    spectrum_eer: for the cosine of mean spectra, standardised as in the input of the models.
    level_eer: for the difference between the means of these spectra.
    trials: the number of pairs.
    """
    spectra = np.asarray(context.split.x).mean(1, dtype=np.float64)
    count = len(np.unique(context.split.group))
    return {
        "spectrum_eer": verify(context, spectra, cosine, "mean spectrum"),
        "level_eer": verify(context, spectra.mean(1, keepdims=True), lambda level: -np.abs(level - level.T), "level"),
        "trials": float(count * (count - 1) // 2),
    }
