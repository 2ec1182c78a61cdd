"""content-factors: are the attributes of a character separate within its content code? (R-WAE, section 5.2)

R-WAE states that attributes are independent within the content code. The measure is DCI (metrics/dci.py): for each
attribute a random forest is fitted to the content codes of training sequences, and a number of the code matters as much
as the forest uses it. Nothing in the objective singles out the axes of a code, so that the same code, rotated at
random, is the bar to clear.
"""

import numpy as np
import torch
from torch import Tensor

from latentmotion.core.keyed_random import normal
from latentmotion.evaluation.metrics.dci import dci
from latentmotion.evaluation.protocols.base import EvaluationContext, subset
from latentmotion.models import base as contract

NAME = "content-factors"
NEEDS = frozenset({contract.ENCODE})
DATASETS = ("sprites",)
EXAMPLES, TREES = 1000, 50


def applies(context: EvaluationContext) -> bool:
    """To content codes of two numbers or more, and two content labels or more with several classes each."""
    content = context.codes and context.codes.content
    return content is not None and content.shape[1] > 1 and len(factors(context)) > 1


def scored(context: EvaluationContext) -> int:
    """The number of scored sequences on which the forests are tested."""
    return min(EXAMPLES, len(context.split))


def measure(context: EvaluationContext) -> dict[str, float]:
    """disentanglement, completeness: see metrics/dci.py, in [0, 1].
    rotated_disentanglement, rotated_completeness: the same of the code after a random rotation.
    attribute_accuracy, attribute_accuracy_worst: the accuracy of the forests on the scored split, mean and smallest
        over attributes. Where it is near chance, there is nothing to separate.
    """
    examples = subset(context.train, EXAMPLES, NAME)
    content = torch.cat(
        [context.model.encode(batch.x, batch.action)[0] for _, batch in context.batches(context.train, examples)]
    )
    known = content.double().cpu().numpy()
    ids = subset(context.split, EXAMPLES, NAME)
    scores = context.codes.content[ids].double().cpu().numpy()
    turn = _rotation(known.shape[1])
    own, accuracies = _importance(context, examples, known, ids, scores)
    rotated, _ = _importance(context, examples, known @ turn, ids, scores @ turn)
    metrics = {"attribute_accuracy": float(np.mean(accuracies)), "attribute_accuracy_worst": float(min(accuracies))}
    for prefix, importance in (("", own), ("rotated_", rotated)):
        metrics |= zip((f"{prefix}disentanglement", f"{prefix}completeness"), dci(importance), strict=True)
    return metrics


def factors(context: EvaluationContext) -> list[str]:
    """The content labels with several classes in the training split."""
    labels = context.data.labels.items()
    return [name for name, spec in labels if spec.kind == "content" and len(np.unique(context.train.labels[name])) > 1]


def _importance(context, examples, codes, ids, scores) -> tuple[np.ndarray, list[float]]:
    """The importances (D, K) of the numbers of a code, and the accuracy for each factor."""
    from sklearn.ensemble import RandomForestClassifier

    columns, accuracies = [], []
    for name in factors(context):
        forest = RandomForestClassifier(TREES, random_state=0, n_jobs=1).fit(
            codes, context.train.labels[name][examples]
        )
        columns.append(forest.feature_importances_)
        accuracies.append(float(forest.score(scores, context.split.labels[name][ids])))
    return np.stack(columns, axis=1), accuracies


def _rotation(size: int) -> np.ndarray:
    """A random rotation (size, size), the same for every model."""
    numbers: Tensor = normal(np.arange(size), size, NAME, "rotation")
    return np.linalg.qr(numbers.double().numpy())[0]
