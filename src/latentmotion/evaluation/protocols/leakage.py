"""leakage: which labels a classifier can predict from the codes. This protocol is not in the papers.

Where content and motion are separated, the action cannot be predicted from the content code, nor a content label from
the motion code, better than by the most frequent class (`<label>_chance`). This is informative only where the motion
code does contain the action and the content code the content labels, so these accuracies are measured too. A linear
classifier would miss what is stored nonlinearly, so a support vector machine with a Gaussian kernel is used.
"""

import numpy as np
import torch
from torch import Tensor

from latentmotion.core.keyed_random import permutation
from latentmotion.evaluation.protocols.base import EvaluationContext, in_batches
from latentmotion.models import base as contract
from latentmotion.training.batches import batch_of

NAME = "leakage"
NEEDS = frozenset({contract.ENCODE})
EXAMPLES = 2000  # training sequences to which a classifier is fitted


def applies(context: EvaluationContext) -> bool:
    """To sequences that the model has encoded."""
    return context.codes is not None and context.codes.content is not None


def measure(context: EvaluationContext) -> dict[str, float]:
    """`<label>_from_<code>`: the accuracy on the scored split of a classifier fitted to the training split.
    `<label>_chance`: the accuracy of always predicting the most frequent class of the training split.

    The labels are the action and the content labels with more than one class.
    """
    ids = np.sort(permutation(len(context.train), NAME)[:EXAMPLES])
    pairs = zip(_encode(context, ids), (context.codes.content, context.codes.motion), strict=True)
    codes = {
        name: kernels(*(part.flatten(1).double().cpu() for part in pair))
        for name, pair in zip(("content", "motion"), pairs, strict=True)
        if pair[0].numel()
    }
    specs = context.data.labels
    metrics = {}
    for label, spec in specs.items():
        learned, targets = context.train.labels[label][ids], context.split.labels[label]
        if spec.kind == "aside" or len(np.unique(learned)) < 2:
            continue
        for code, similar in codes.items():
            metrics[f"{label}_from_{code}"] = classifier_accuracy(similar, learned, targets)
        metrics[f"{label}_chance"] = float(np.mean(targets == np.bincount(learned).argmax()))
    return metrics


def kernels(examples: Tensor, scored: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """The kernel exp(-|a - b|² / D) of examples (N, D) with each other and of scored (M, D) with examples.

    Features are standardised by the mean and deviation of the examples. The width of the kernel and C = 10 (below) are
    fixed, because values tuned to each model would make models incomparable.
    """
    mean, spread = examples.mean(0), examples.std(0)
    spread[spread <= 1e-6 * spread.max()] = 1  # a constant feature would be divided by its rounding error
    examples, scored = ((part - mean) / spread for part in (examples, scored))
    return tuple((-(torch.cdist(part, examples) ** 2) / examples.shape[1]).exp().numpy() for part in (examples, scored))


def classifier_accuracy(similar: tuple[np.ndarray, np.ndarray], labels: np.ndarray, targets: np.ndarray) -> float:
    """The accuracy, for `targets` (M,), of a support vector machine fitted to examples with `labels` (N,)."""
    from sklearn.svm import SVC

    among, to_scored = similar
    return float(SVC(C=10.0, kernel="precomputed").fit(among, labels).score(to_scored, targets))


def _encode(context: EvaluationContext, ids: np.ndarray) -> tuple[Tensor, Tensor]:
    """Content and motion codes of the chosen training sequences."""
    parts = []
    for places in in_batches(len(ids)):
        batch = batch_of(context.train, ids[places], context.train.group, context.device)
        parts.append(context.model.encode(batch.x, batch.action))
    content, motion = (torch.cat(part) for part in zip(*parts, strict=True))
    return content, motion
