"""digit-windows: does a generated video of a moving digit keep its digit? (R-WAE, section 5.3 and appendix E)

Videos of rollout_length frames are drawn from the priors. The judge of digits looks at every window of T frames, where
T is the length of training, one after the other. Real sequences go through the same measurement where they are known
for so long: the judge errs on them too.
"""

import numpy as np
import torch
from torch import Tensor

from latentmotion.core.pixels import to_float
from latentmotion.evaluation.metrics.entropies import entropies
from latentmotion.evaluation.protocols.base import EvaluationContext, from_priors, subset
from latentmotion.models import base as contract

NAME = "digit-windows"
NEEDS = frozenset({contract.SAMPLE_CONTENT, contract.SAMPLE_MOTION})
DATASETS = ("moving_mnist",)
LABEL = "digit"
VIDEOS, AT_ONCE = 256, 16


def applies(context: EvaluationContext) -> bool:
    """Where a judge tells digits apart."""
    return LABEL in context.judges


def scored(context: EvaluationContext) -> int:
    """The number of generated videos."""
    return min(VIDEOS, len(context.split))


def measure(context: EvaluationContext) -> dict[str, float]:
    """same_digit: the share of videos in which the judge sees the same digit in every window.
    changed_digit: the share of all other videos.
    confidence: the largest class probability, mean over windows and videos.
    digit_h_y_given_x, digit_h_y: the entropies of the judge in the first windows, in nats (metrics/entropies.py). The
        first is low where digits can be recognised, the second is high where all digits occur.

    The same with `real_` before the name, of sequences of the split, where these are long enough.
    """
    chosen = subset(context.split, VIDEOS, NAME)
    length, continued = context.settings["rollout_length"], context.split.continued
    parts = np.array_split(chosen, -(-len(chosen) // AT_ONCE))
    generated = [_windows(context, from_priors(context, ids, length, NAME)) for ids in parts]
    metrics = _scores(np.concatenate(generated))
    if continued is not None and continued.shape[1] >= length:
        real = (to_float(torch.from_numpy(np.array(context.split.truth(length, ids)))) for ids in parts)
        found = np.concatenate([_windows(context, x.to(context.device)) for x in real])
        metrics |= {f"real_{name}": value for name, value in _scores(found).items()}
    return metrics


def _windows(context: EvaluationContext, x: Tensor) -> np.ndarray:
    """The class probabilities (B, windows, K) of videos (B, length, C, H, W)."""
    frames = context.split.x.shape[1]
    windows = x[:, : x.shape[1] // frames * frames].unflatten(1, (-1, frames))
    found = context.judges[LABEL].probabilities(windows.flatten(0, 1))
    return found.unflatten(0, windows.shape[:2]).cpu().numpy()


def _scores(probabilities: np.ndarray) -> dict[str, float]:
    digit = probabilities.argmax(2)
    same = float((digit == digit[:, :1]).all(1).mean())
    h_y_given_x, h_y = entropies(probabilities[:, 0])
    return {
        "same_digit": same, "changed_digit": 1 - same, "confidence": float(probabilities.max(2).mean()),
        "digit_h_y_given_x": h_y_given_x, "digit_h_y": h_y,
    }  # fmt: skip
