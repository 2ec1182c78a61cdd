"""generate, diversity: how diverse the content of generated sequences is, as the judges of content see it.

A generator may show every action well and a single character only. Content and motion are drawn from the priors; the
videos are those that the judges classify in `generate`, so that the metrics have the name of that protocol. The judges'
decisions about all content labels together make one class for each combination, of which Sprites has 6⁴. Training
sequences are measured in the same way: the generator has learnt from them, and other splits may have few characters.
"""

import numpy as np
import torch
from torch import Tensor

from latentmotion.core.keyed_random import permutation
from latentmotion.core.pixels import to_float
from latentmotion.evaluation.metrics.effective_classes import effective_classes
from latentmotion.evaluation.metrics.entropies import entropies
from latentmotion.evaluation.protocols.base import BATCH, EvaluationContext
from latentmotion.evaluation.protocols.generate import drawn
from latentmotion.models import base as contract

NAME = "generate"
NEEDS = frozenset({contract.SAMPLE_CONTENT, contract.SAMPLE_MOTION})
EXCEPT = ("modes", "ring", "ring_finite")  # points, which no judge sees
SAMPLES = 300


def applies(context: EvaluationContext) -> bool:
    """Where a content label has a judge."""
    return bool(_labels(context))


def scored(context: EvaluationContext) -> int:
    """The number of generated sequences, and of training sequences where there are so many."""
    return SAMPLES


def measure(context: EvaluationContext) -> dict[str, float]:
    """Metrics of SAMPLES generated sequences, and with `real_` before the name of as many training sequences.

    content_classes: how many different combinations of content labels the judges see.
    content_effective: the effective number of combinations (metrics/effective_classes.py).
    content_uncertainty: H(y|x) of a judge divided by ln K, mean over the judges of content: 0 where they are certain.
    """
    chosen = np.sort(permutation(len(context.train), context.seed, "diversity")[:SAMPLES])
    real = described(context, torch.from_numpy(np.array(context.train.x[chosen])))
    found = described(context, drawn(context, SAMPLES, context.split.x.shape[1]))
    return found | {f"real_{name}": value for name, value in real.items()}


@torch.no_grad()
def described(context: EvaluationContext, videos: Tensor) -> dict[str, float]:
    """The metrics of videos (N, T, C, H, W) uint8."""
    found, uncertain = [], []
    for label in _labels(context):
        parts = (to_float(part.to(context.device)) for part in videos.split(BATCH))
        probabilities = np.concatenate([context.judges[label].probabilities(part).cpu().numpy() for part in parts])
        found.append(probabilities.argmax(1))
        uncertain.append(entropies(probabilities)[0] / np.log(probabilities.shape[1]))
    count, effective = effective_classes(np.stack(found, axis=1))
    return {
        "content_classes": float(count),
        "content_effective": effective,
        "content_uncertainty": float(np.mean(uncertain)),
    }


def _labels(context: EvaluationContext) -> list[str]:
    return [label for label, judge in context.judges.items() if judge.record["kind"] == "content"]
