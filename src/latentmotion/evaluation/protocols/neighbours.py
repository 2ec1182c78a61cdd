"""neighbours: whether sequences of one class have similar content codes (R-WAE, figure 6, shows it by t-SNE).

The metric is the accuracy of the K = 5 nearest neighbours. Each sequence of the scored split is classified by the other
sequences of this split, without those of its own group, which may show the same picture with another motion. Nothing is
fitted: the classes must be close together by themselves, and a digit of the test split is another image than every
digit of the training split. As in t-SNE, codes are compared by Euclidean distance without scaling: the prior has the
same unit for all of their numbers, and scaling would amplify numbers that the model does not use. What a trained
classifier can predict from the codes is measured by leakage. The baseline is pixel-neighbours.
"""

import numpy as np

from latentmotion.evaluation.protocols.base import EvaluationContext
from latentmotion.models import base as contract

NAME = "neighbours"
NEEDS = frozenset({contract.ENCODE})
K = 5


def applies(context: EvaluationContext) -> bool:
    """To sequences that the model has encoded, with at least one label of `labels`."""
    codes = context.codes and context.codes.content
    return codes is not None and codes.numel() > 0 and bool(labels(context))


def measure(context: EvaluationContext) -> dict[str, float]:
    """`<label>_knn` and `<label>_knn_chance` of every content label (`votes`)."""
    return votes(context, context.codes.content.flatten(1).double().cpu().numpy())


def labels(context: EvaluationContext) -> list[str]:
    """The content labels with two or more classes in the scored split; none where it has too few sequences."""
    group, held = context.split.group, context.split.labels
    if len(group) < K + _largest(group):
        return []
    specs = context.data.labels
    return [name for name, spec in specs.items() if spec.kind == "content" and len(np.unique(held[name])) > 1]


def votes(context: EvaluationContext, points: np.ndarray) -> dict[str, float]:
    """Metrics of points (N, D), one for each sequence of the scored split.

    `<label>_knn`: the accuracy of the nearest neighbours.
    `<label>_knn_chance`: the accuracy of always predicting the most frequent class.
    """
    nearest = neighbours(points, context.split.group)
    metrics = {}
    for name in labels(context):
        classes = context.split.labels[name]
        metrics[f"{name}_knn"] = vote(classes, nearest)
        metrics[f"{name}_knn_chance"] = float(np.bincount(classes).max() / len(classes))
    return metrics


def neighbours(points: np.ndarray, group: np.ndarray) -> np.ndarray:
    """The indices (N, K) of the nearest of the points (N, D), for each point among those of other groups (N,)."""
    from sklearn.neighbors import NearestNeighbors

    search = NearestNeighbors(n_neighbors=K + _largest(group) - 1, algorithm="brute").fit(points)
    nearest = search.kneighbors(return_distance=False)
    own = group[nearest] == group[:, None]
    return np.take_along_axis(nearest, np.argsort(own, axis=1, kind="stable")[:, :K], axis=1)


def vote(classes: np.ndarray, nearest: np.ndarray) -> float:
    """The share of points whose class (N,) is the most frequent among their neighbours (N, K).

    Of several equally frequent classes, the first one counts.
    """
    from scipy.stats import mode

    return float(np.mean(mode(classes[nearest], axis=1).mode == classes))


def _largest(group: np.ndarray) -> int:
    return int(np.unique(group, return_counts=True)[1].max())
