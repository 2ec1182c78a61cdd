"""neighbours: do sequences that show the same lie together in the content code? (R-WAE, figure 6, shows it as t-SNE)

Accuracy of the vote of the K = 5 nearest neighbours. Everything is of the scored split, sequence by sequence: one is
left out and classified by the others, less those of its own group, which may be the same picture moving otherwise.
Nothing is fitted, so classes must lie together by themselves: a digit of the test split is another image than any of
training. Codes are compared by Euclidean distance as they are, as by t-SNE: the prior's unit is common to all of their
numbers, and scaling each would blow up those that the model does not use. What a trained classifier reads in them is
another question (leakage). The bar is pixel-neighbours.
"""

import numpy as np

from latentmotion.data.prepared import label_specs, read_manifest
from latentmotion.evaluation.protocols.base import Trial
from latentmotion.models import base as contract

NAME = "neighbours"
NEEDS = frozenset({contract.ENCODE})
K = 5


def applies(trial: Trial) -> bool:
    codes = trial.codes and trial.codes.content
    return codes is not None and codes.numel() > 0 and bool(labels(trial))


def measure(trial: Trial) -> dict[str, float]:
    """`<label>_knn` and `<label>_knn_chance` of every content label (`votes`)."""
    return votes(trial, trial.codes.content.flatten(1).double().cpu().numpy())


def labels(trial: Trial) -> list[str]:
    """The content labels of which the scored split has two classes or more, and enough others to ask."""
    group, held = trial.split.group, trial.split.labels
    if len(group) < K + _largest(group):
        return []
    specs = label_specs(read_manifest(trial.folder))
    return [name for name, spec in specs.items() if spec.kind == "content" and len(np.unique(held[name])) > 1]


def votes(trial: Trial, points: np.ndarray) -> dict[str, float]:
    """`<label>_knn`: accuracy of the vote among points (N, D) of the scored split. `<label>_knn_chance`: of always
    naming its most frequent class."""
    nearest = neighbours(points, trial.split.group)
    metrics = {}
    for name in labels(trial):
        classes = trial.split.labels[name]
        metrics[f"{name}_knn"] = vote(classes, nearest)
        metrics[f"{name}_knn_chance"] = float(np.bincount(classes).max() / len(classes))
    return metrics


def neighbours(points: np.ndarray, group: np.ndarray) -> np.ndarray:
    """The places (N, K) of each point's nearest ones among points (N, D) of other groups (N,)."""
    from sklearn.neighbors import NearestNeighbors

    search = NearestNeighbors(n_neighbors=K + _largest(group) - 1, algorithm="brute").fit(points)
    nearest = search.kneighbors(return_distance=False)
    own = group[nearest] == group[:, None]
    return np.take_along_axis(nearest, np.argsort(own, axis=1, kind="stable")[:, :K], axis=1)


def vote(classes: np.ndarray, nearest: np.ndarray) -> float:
    """Share of points whose class (N,) most of their neighbours (N, K) have; of a tie the first class is named."""
    from scipy.stats import mode

    return float(np.mean(mode(classes[nearest], axis=1).mode == classes))


def _largest(group: np.ndarray) -> int:
    return int(np.unique(group, return_counts=True)[1].max())
