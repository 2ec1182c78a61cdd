"""complete: sequences with hidden frames are completed, and all their frames are compared with the truth.

This stands in for `reconstruct` where frames are hidden (rotating MNIST): the model is given the frames that it may see
and returns every frame, the hidden ones included. missing-angle scores the hidden frames alone.
"""

from latentmotion.evaluation.protocols import reconstruct
from latentmotion.evaluation.protocols.base import EvaluationContext
from latentmotion.evaluation.protocols.missing_angle import blanked
from latentmotion.models import base as contract

NAME = "complete"
NEEDS = frozenset({contract.COMPLETE})
EXCEPT = ("modes", "ring", "ring_finite")  # points, which do not move


def applies(context: EvaluationContext) -> bool:
    """To data sets with hidden frames."""
    return not context.split.seen.all()


def measure(context: EvaluationContext) -> dict[str, float]:
    """The metrics of reconstruct."""
    return reconstruct.compare(
        context, ((ids, context.model.complete(blanked(batch))) for ids, batch in context.batches())
    )
