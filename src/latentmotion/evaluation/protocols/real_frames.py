"""real-frames: the Frechet distance between frames of training videos and of test videos: the floor of frame-distance.

It needs no model: the real test sequences enter it. Two finite sets from one distribution have a distance above 0, and
a larger one where they are smaller. No generator can be expected to have a smaller distance than this.
"""

import numpy as np

from latentmotion.core.keyed_random import permutation
from latentmotion.evaluation.protocols import frame_distance
from latentmotion.evaluation.protocols.base import EvaluationContext
from latentmotion.evaluation.protocols.frame_distance import identifier, videos
from latentmotion.evaluation.protocols.generate import between
from latentmotion.evaluation.protocols.real_videos import FLOOR

NAME = "real-frames"
NEEDS = frozenset()

applies = frame_distance.applies


def measure(context: EvaluationContext) -> dict[str, float]:
    """The identifier of the distance with `:real-floor` -> the Frechet distance, for each network that is loaded.

    As many training videos are drawn as the scored split has, or all where there are fewer.
    """
    chosen = np.sort(permutation(len(context.train), context.seed, NAME)[: len(context.split)])
    train = videos(context.train, chosen)
    test = videos(context.split, np.arange(len(context.split)))
    return {
        f"{identifier(extractor, train, test)}{FLOOR}": between(extractor, train, test)
        for extractor in context.frame_feature_extractors
    }
