"""copy: the first frame, repeated, is scored as a prediction. This is the trivial baseline of predict.

It needs no model: the real test sequences enter it.
"""

from latentmotion.evaluation.protocols import predict
from latentmotion.evaluation.protocols.base import EvaluationContext

NAME = "copy"
NEEDS = frozenset()

applies = predict.applies


def measure(context: EvaluationContext) -> dict[str, float]:
    """The metrics of predict."""
    length = context.settings["predict_length"]
    return predict.compare(
        context, ((ids, batch.x[:, :1].repeat(1, length, 1, 1, 1)) for ids, batch in context.batches())
    )
