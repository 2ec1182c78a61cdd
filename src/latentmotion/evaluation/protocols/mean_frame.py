"""mean-frame: the mean frame of each sequence is scored as its reconstruction. This is a baseline of reconstruct.

It needs no model: the real test sequences enter it. It has all of the content and none of the motion.
"""

from latentmotion.evaluation.protocols import reconstruct
from latentmotion.evaluation.protocols.base import EvaluationContext

NAME = "mean-frame"
NEEDS = frozenset()
EXCEPT = ("modes", "ring", "ring_finite")  # points, which do not move


def applies(context: EvaluationContext) -> bool:
    """To sequences of more than one frame."""
    return context.split.x.shape[1] > 1


def measure(context: EvaluationContext) -> dict[str, float]:
    """The metrics of reconstruct, and `motion`: the share of the energy of the frames, around the mean picture of the
    training frames, that is motion. It is 1 - explained.
    """
    frames = context.split.x.shape[1]
    batches = ((ids, batch.x.mean(1, keepdim=True)) for ids, batch in context.batches())
    found = reconstruct.compare(context, ((ids, x.repeat(1, frames, *[1] * (x.ndim - 2))) for ids, x in batches))
    return found | {"motion": 1 - found["explained"]}
