"""nearest-angle: hidden frames made from their neighbours, the bar for missing-angle. Of the data alone."""

import torch
from torch import Tensor

from latentmotion.evaluation.protocols import missing_angle
from latentmotion.evaluation.protocols.base import Trial
from latentmotion.models.base import Batch

NAME = "nearest-angle"
NEEDS = frozenset()

applies = missing_angle.applies


def measure(trial: Trial) -> dict[str, float]:
    """`copy_`: the nearest frame that is seen, of two the earlier; `mean_`: the mean of those before and after."""
    scores = {}
    for name, weights in (("copy", _nearest), ("mean", _both)):
        values = missing_angle.compare(trial, lambda batch, weights=weights: _mix(batch, weights))
        scores |= {f"{name}_{metric}": values[metric] for metric in ("mse", "psnr")}
    return scores


def _mix(batch: Batch, weights) -> Tensor:
    return torch.einsum("bts,bschw->btchw", weights(batch.seen), batch.x)


def _steps(seen: Tensor) -> tuple[Tensor, Tensor]:
    """How many frames back, and forth, each frame (t) is from each that is seen (s), around the circle: (B, T, T)."""
    frames = seen.shape[1]
    place = torch.arange(frames, device=seen.device)
    back = (place[:, None] - place) % frames
    far = torch.full_like(back, 2 * frames)
    return tuple(torch.where(seen[:, None], steps, far) for steps in (back, (-back) % frames))


def _one(steps: Tensor) -> Tensor:
    return torch.nn.functional.one_hot(steps.argmin(2), steps.shape[2]).float()


def _nearest(seen: Tensor) -> Tensor:
    back, forth = _steps(seen)
    return _one(torch.minimum(2 * back, 2 * forth + 1))


def _both(seen: Tensor) -> Tensor:
    return (_one(_steps(seen)[0]) + _one(_steps(seen)[1])) / 2
