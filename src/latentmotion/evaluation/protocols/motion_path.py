"""motion-path: does a swapped sequence move along the path of the sequence that lends its motion?

R-WAE, section 5.3, shows it for stochastic moving MNIST over 100 frames. The path is that of the centroid of what is
bright; no judge is needed. Distances are in 1/64 of the side of a frame, which are pixels at 64 x 64, and are medians
over sequences and frames.
"""

import numpy as np
import torch
from torch import Tensor

from latentmotion.core.keyed_random import normal
from latentmotion.core.pixels import to_float
from latentmotion.evaluation.metrics.centroid import centroids
from latentmotion.evaluation.protocols.base import EvaluationContext, subset
from latentmotion.models import base as contract

NAME = "motion-path"
NEEDS = frozenset({contract.ENCODE})
DATASETS = ("balls", "moving_mnist", "moving_shapes")
SEQUENCES, AT_ONCE = 128, 16


def applies(context: EvaluationContext) -> bool:
    """To pictures that the model has encoded."""
    return context.codes is not None and context.codes.motion is not None and context.split.x.ndim == 5


def scored(context: EvaluationContext) -> int:
    """The number of sequences."""
    return min(SEQUENCES, len(context.split))


def measure(context: EvaluationContext) -> dict[str, float]:
    """Distances between the centroid and that of the sequence whose motion is shown:

    reconstruction_distance: of the sequence with its own content.
    swap_distance: with the content of its partner.
    prior_distance: with content from the prior, where the model has one.
    unrelated_distance: between the sequence and its partner, both real.
    swap_over_unrelated, prior_over_unrelated: the quotients.
    found: the share of swapped frames in which anything is bright.

    They are over the length of training, and, with `long_` before the name, over rollout_length frames where the
    sequences are known for so long. Then the codes are inferred from all these frames.
    """
    metrics = _over(context, context.split.x.shape[1])
    length = context.settings["rollout_length"]
    continued = context.split.continued
    if context.split.repeats or (continued is not None and continued.shape[1] >= length):
        metrics |= {f"long_{name}": value for name, value in _over(context, length).items()}
    return metrics


def _over(context: EvaluationContext, length: int) -> dict[str, float]:
    found: dict[str, list[Tensor]] = {}
    chosen = subset(context.split, SEQUENCES, NAME)
    for ids in np.array_split(chosen, -(-len(chosen) // AT_ONCE)):
        content, motion, true = _codes(context, ids, length)
        lent, _, other = _codes(context, context.partners[ids], length)
        shown = {"reconstruction": content, "swap": lent}
        if contract.SAMPLE_CONTENT in context.model.capabilities:
            noise = normal(ids, context.model.content_noise, context.seed, NAME).to(context.device)
            shown["prior"] = context.model.sample_content(noise)
        found.setdefault("unrelated", []).append((true - other).norm(dim=-1))
        for name, code in shown.items():
            path, _ = centroids(context.model.decode(code, motion))
            found.setdefault(name, []).append((path - true).norm(dim=-1))
    far = {name: torch.cat(parts) for name, parts in found.items()}
    metrics = {f"{name}_distance": _median(value) for name, value in far.items()}
    for name in ("swap", "prior"):
        if name in far:
            metrics[f"{name}_over_unrelated"] = metrics[f"{name}_distance"] / metrics["unrelated_distance"]
    return metrics | {"found": torch.isfinite(far["swap"]).double().mean().item()}


def _codes(context: EvaluationContext, ids: np.ndarray, length: int) -> tuple[Tensor, Tensor, Tensor]:
    """Content and motion of sequences over `length` frames, and their true centroids (B, length, 2)."""
    x = to_float(torch.from_numpy(np.array(context.split.truth(length, ids)))).to(context.device)
    action = torch.from_numpy(context.split.labels["action"][ids]).to(context.device)
    return *context.model.encode(x, action), centroids(x)[0]


def _median(far: Tensor) -> float:
    """The median distance. A frame in which nothing is bright counts as the diagonal of a frame."""
    return far.nan_to_num(2**0.5 * 64).median().item()
