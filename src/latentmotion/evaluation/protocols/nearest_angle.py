"""nearest-angle: hidden frames are replaced by neighbouring frames. This is the trivial baseline of missing-angle.

It needs no model: the real test sequences enter it.
"""

import torch
from torch import Tensor

from latentmotion.evaluation.protocols import missing_angle
from latentmotion.evaluation.protocols.base import EvaluationContext
from latentmotion.models.base import Batch

NAME = "nearest-angle"
NEEDS = frozenset()

applies = missing_angle.applies


def measure(context: EvaluationContext) -> dict[str, float]:
    """The metrics of missing-angle for two baselines.

    copy_: the nearest shown frame; of two at the same distance, the earlier one.
    mean_: the mean of the nearest shown frames before and after.
    """
    scores = {}
    for name, weights in (("copy", _copy_weights), ("mean", _mean_weights)):
        values = missing_angle.compare(context, lambda batch, weights=weights: _mix(batch, weights))
        scores |= {f"{name}_{metric}": values[metric] for metric in ("mse", "psnr")}
    return scores


def _mix(batch: Batch, weights) -> Tensor:
    return torch.einsum("bts,bschw->btchw", weights(batch.seen), batch.x)


def _steps(seen: Tensor) -> tuple[Tensor, Tensor]:
    """The steps from each frame t back and forward to each shown frame s, around the circle: (B, T, T) each.

    Frames are periodic. The distance to a hidden frame is 2 T, larger than every other.
    """
    frames = seen.shape[1]
    place = torch.arange(frames, device=seen.device)
    back = (place[:, None] - place) % frames
    far = torch.full_like(back, 2 * frames)
    return tuple(torch.where(seen[:, None], steps, far) for steps in (back, (-back) % frames))


def _nearest_weights(steps: Tensor) -> Tensor:
    return torch.nn.functional.one_hot(steps.argmin(2), steps.shape[2]).float()


def _copy_weights(seen: Tensor) -> Tensor:
    back, forward = _steps(seen)
    return _nearest_weights(torch.minimum(2 * back, 2 * forward + 1))


def _mean_weights(seen: Tensor) -> Tensor:
    return (_nearest_weights(_steps(seen)[0]) + _nearest_weights(_steps(seen)[1])) / 2
