"""pixel-neighbours: what neighbours scores on mean frames instead of codes. Of the data alone, the bar for it.

The mean over time blurs what moves and leaves what is shown in place: where classes differ by colour or by what stands
still it is a good code, and a content code that is not better has learnt nothing that it was needed for.
"""

import numpy as np

from latentmotion.evaluation.protocols.base import Trial
from latentmotion.evaluation.protocols.neighbours import labels, votes

NAME = "pixel-neighbours"
NEEDS = frozenset()


def applies(trial: Trial) -> bool:
    return bool(labels(trial))


def measure(trial: Trial) -> dict[str, float]:
    """As neighbours."""
    frames = np.asarray(trial.split.x).mean(1, dtype=np.float32)
    return votes(trial, frames.reshape(len(frames), -1))
