"""leakage: what a classifier can read in the codes. Not in the paper.

Separated codes hold nothing of each other: the action cannot be told from the content, nor what is shown from the
motion, better than by always naming the most frequent class (`<label>_chance`). That is worth something only where
the action is in the motion and what is shown in the content, so those are read too. A linear probe would miss what
is stored otherwise; this one is a support vector machine with a Gaussian kernel, the same for all.
"""

import numpy as np
import torch
from torch import Tensor

from latentmotion.core.keyed_random import permutation
from latentmotion.data.prepared import label_specs, read_manifest
from latentmotion.evaluation.protocols.base import Trial, in_batches
from latentmotion.models import base as contract
from latentmotion.training.batches import batch_of

NAME = "leakage"
NEEDS = frozenset({contract.ENCODE})
EXAMPLES = 2000  # training sequences that a probe learns from


def applies(trial: Trial) -> bool:
    return trial.codes is not None and trial.codes.content is not None


def measure(trial: Trial) -> dict[str, float]:
    """`<label>_from_<code>`: accuracy on the scored split of a probe fitted to training sequences; `<label>_chance`.

    Labels are the action and whatever the dataset calls content; one with a single class cannot leak.
    """
    ids = np.sort(permutation(len(trial.train), NAME)[:EXAMPLES])
    pairs = zip(_encode(trial, ids), (trial.codes.content, trial.codes.motion), strict=True)
    codes = {
        name: kernels(*(part.flatten(1).double().cpu() for part in pair))
        for name, pair in zip(("content", "motion"), pairs, strict=True)
        if pair[0].numel()
    }
    specs = label_specs(read_manifest(trial.folder))
    metrics = {}
    for label, spec in specs.items():
        learned, targets = trial.train.labels[label][ids], trial.split.labels[label]
        if spec.kind == "aside" or len(np.unique(learned)) < 2:
            continue
        for code, similar in codes.items():
            metrics[f"{label}_from_{code}"] = probe(similar, learned, targets)
        metrics[f"{label}_chance"] = float(np.mean(targets == np.bincount(learned).argmax()))
    return metrics


def kernels(examples: Tensor, scored: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """exp(-|a - b|² / D) among examples (N, D) and from scored (M, D) to them, features standardised by the examples.

    Width and C = 10 (below) are fixed: tuned to a model, a probe would measure the tuning.
    """
    mean, spread = examples.mean(0), examples.std(0)
    spread[spread <= 1e-6 * spread.max()] = 1  # constant but for rounding, which would be blown up
    examples, scored = ((part - mean) / spread for part in (examples, scored))
    return tuple((-(torch.cdist(part, examples) ** 2) / examples.shape[1]).exp().numpy() for part in (examples, scored))


def probe(similar: tuple[np.ndarray, np.ndarray], labels: np.ndarray, targets: np.ndarray) -> float:
    """Accuracy, against `targets` (M,), of a support vector machine fitted to examples with `labels` (N,)."""
    from sklearn.svm import SVC

    among, to_scored = similar
    return float(SVC(C=10.0, kernel="precomputed").fit(among, labels).score(to_scored, targets))


def _encode(trial: Trial, ids: np.ndarray) -> tuple[Tensor, Tensor]:
    """The codes of some training sequences."""
    parts = []
    for places in in_batches(len(ids)):
        batch = batch_of(trial.train, ids[places], trial.train.group, trial.device)
        parts.append(trial.model.encode(batch.x, batch.action))
    content, motion = (torch.cat(part) for part in zip(*parts, strict=True))
    return content, motion
