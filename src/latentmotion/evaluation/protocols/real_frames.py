"""real-frames: frames of real training videos against those of the test split, the floor of the frames' distances.

Of the data alone. Two finite sets of one distribution lie apart, the more so the fewer they are: no generator can be
expected to come nearer than this.
"""

import numpy as np

from latentmotion.core.keyed_random import permutation
from latentmotion.evaluation.protocols import frame_distance
from latentmotion.evaluation.protocols.base import Trial
from latentmotion.evaluation.protocols.frame_distance import identifier, videos
from latentmotion.evaluation.protocols.generate import between
from latentmotion.evaluation.protocols.real_videos import FLOOR

NAME = "real-frames"
NEEDS = frozenset()

applies = frame_distance.applies


def measure(trial: Trial) -> dict[str, float]:
    """As many training videos, drawn, as the scored split has (all, where there are fewer), by the identifier of the
    distance and `:real-floor`."""
    chosen = np.sort(permutation(len(trial.train), trial.seed, NAME)[: len(trial.split)])
    train = videos(trial.train, chosen)
    test = videos(trial.split, np.arange(len(trial.split)))
    return {f"{identifier(w, train, test)}{FLOOR}": between(w, train, test) for w in trial.frame_watchers}
