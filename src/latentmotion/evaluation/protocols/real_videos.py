"""real-videos: the Frechet distance between test videos and training videos: the floor of the distances of generate.

It needs no model: the real test sequences enter it. Two finite sets from one distribution have a distance above 0. No
generator can be expected to have a smaller distance than this.
"""

from latentmotion.evaluation.protocols import generate
from latentmotion.evaluation.protocols.base import EvaluationContext

NAME = "real-videos"
NEEDS = frozenset()
FLOOR = ":real-floor"

scored = generate.scored


def applies(context: EvaluationContext) -> bool:
    """Where a network is loaded that extracts features of videos."""
    return bool(context.feature_extractors)


def measure(context: EvaluationContext) -> dict[str, float]:
    """The identifier of the distance with `:real-floor` -> the Frechet distance, for each network that is loaded."""
    test, train = generate.clips(context, context.split), generate.clips(context, context.train)
    return {
        f"{generate.identifier(extractor, context.settings)}{FLOOR}": generate.between(extractor, test, train)
        for extractor in context.feature_extractors
    }
