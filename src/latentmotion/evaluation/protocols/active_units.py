"""active-units: how many numbers of the codes depend on the sequence? (Burda, Grosse and Salakhutdinov, 2016)

A number of a code is active if the variance of its posterior mean over the data is above 0.01. A collapsed posterior
has no active numbers. What the codes tell about labels is measured by leakage.
"""

from latentmotion.core.errors import UserError
from latentmotion.evaluation.metrics.participation_ratio import participation_ratio
from latentmotion.evaluation.protocols.base import EvaluationContext
from latentmotion.models import base as contract

NAME = "active-units"
NEEDS = frozenset({contract.ENCODE})
DATASETS = ("moving_mnist", "sprites")
THRESHOLD = 0.01


def applies(context: EvaluationContext) -> bool:
    """To sequences that the model has encoded."""
    return context.codes is not None and context.codes.content is not None


def measure(context: EvaluationContext) -> dict[str, float]:
    """For content over sequences, and for motion over sequences and frames, with the name of the code before each:

    active: how many numbers are active, and size: how many there are.
    deviation: the square root of the mean variance of the numbers. Where the prior is N(0, I) and the codes follow it,
        it is at most 1.
    dimensions: the effective number of dimensions (metrics/participation_ratio.py).
    """
    metrics = {}
    for name, code in (("content", context.codes.content), ("motion", context.codes.motion)):
        points = code.double().flatten(0, -2).cpu().numpy()
        if not points.shape[1] or len(points) < 2:
            continue
        variance = points.var(0)
        try:
            metrics[f"{name}_dimensions"] = participation_ratio(points)
        except ValueError as error:
            raise UserError(f"{NAME}: {name} codes: {error}; train the model again") from None
        metrics |= {
            f"{name}_active": float((variance > THRESHOLD).sum()), f"{name}_size": float(len(variance)),
            f"{name}_deviation": float(variance.mean() ** 0.5),
        }  # fmt: skip
    return metrics
