"""prior-rotation: do rotations from random states remain the digit and keep turning? (HALO, supplement, figure S5)

Every generated frame is compared with the frames of the training split that models are shown, each at a known angle.
All are centred and scaled to length 1, so that the distance of two frames is sqrt(2 - 2 c) with their correlation c. A
frame shows the digit if it is as near to some training frame as 95 % of the training frames are to those of other
digits. Its angle is the mean angle of its K nearest. There is no judge of digits for this data set, which has threes
alone, so that a frame is told from what is no three, and not from other digits; a blurred three counts as one, and
`contrast` tells of blur.
"""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from latentmotion.core.pixels import to_float
from latentmotion.evaluation.protocols.base import EvaluationContext, from_priors, subset
from latentmotion.models import base as contract

NAME = "prior-rotation"
NEEDS = frozenset({contract.SAMPLE_CONTENT, contract.SAMPLE_MOTION})
DATASETS = ("rotating_mnist",)
VIDEOS, AT_ONCE, K, EXAMPLES, LIMIT = 64, 16, 5, 256, 0.95


def scored(context: EvaluationContext) -> int:
    """The number of generated sequences."""
    return VIDEOS


def measure(context: EvaluationContext) -> dict[str, float]:
    """Over sequences of rollout_length frames from the priors:

    digit_share, digit_share_last: the share of frames that show the digit, of all and of the last quarter.
    advance: the median of the change of the angle from one frame to the next, in degrees; 22.5 in the data.
    regular_share: the share of steps whose change is within a quarter of that of the data.
    contrast: the standard deviation of the pixels of a frame, divided by that of real frames; means.
    real_regular_share: regular_share of real sequences, with frames of other digits alone to compare with. Frames at
        hidden angles are among them.
    """
    library = Library(context)
    length = context.settings["rollout_length"]
    parts = np.array_split(np.arange(VIDEOS), -(-VIDEOS // AT_ONCE))
    x = torch.cat([from_priors(context, ids, length, NAME) for ids in parts])
    far, angle = library.look_up(x)
    shown = (far <= library.limit()).double()
    chosen = subset(context.split, EXAMPLES, NAME)
    real = to_float(torch.from_numpy(np.array(context.split.x[chosen]))).to(context.device)
    _, real_angle = library.look_up(real, np.asarray(context.split.group)[chosen])
    step = 360 / context.split.x.shape[1]
    change = changes(angle)
    return {
        "digit_share": shown.mean().item(),
        "digit_share_last": shown[:, -(length // 4) :].mean().item(),
        "advance": change.median().item(),
        "regular_share": _regular(change, step),
        "contrast": (x.flatten(2).std(2).mean() / real.flatten(2).std(2).mean()).item(),
        "real_regular_share": _regular(changes(real_angle), step),
    }


class Library:
    """The shown frames of the training split: unit vectors (N, D), their angles in degrees, and their digits."""

    def __init__(self, context: EvaluationContext):
        train = context.train
        row, place = np.nonzero(np.asarray(train.seen))
        self.device = context.device
        self.frames = _unit(to_float(torch.from_numpy(np.array(train.x)[row, place])).to(self.device))
        self.angle = torch.from_numpy(place * 360 / train.x.shape[1]).to(self.device)
        self.group = torch.from_numpy(np.asarray(train.group)[row]).to(self.device)

    def look_up(self, x: Tensor, group: np.ndarray | None = None) -> tuple[Tensor, Tensor]:
        """The distance of frames (B, T, C, H, W) to the nearest, and their angles in degrees, (B, T) each.

        Arguments:
            group: (B,), the digits whose own frames are left out.
        """
        nearest, angles = [], []
        for n, frames in enumerate(x):
            near = _unit(frames) @ self.frames.T
            if group is not None:
                near = near.masked_fill(self.group == int(group[n]), -2)
            best, where = near.topk(min(K, near.shape[1]), dim=1)
            nearest.append((2 - 2 * best[:, 0]).clamp(min=0).sqrt())
            turn = torch.deg2rad(self.angle[where])
            angles.append(torch.rad2deg(torch.atan2(turn.sin().mean(1), turn.cos().mean(1))))
        return torch.stack(nearest), torch.stack(angles)

    def limit(self) -> float:
        """How far LIMIT of the training frames are from those of other digits at most."""
        chosen = torch.linspace(0, len(self.frames) - 1, min(EXAMPLES, len(self.frames))).long().to(self.device)
        near = self.frames[chosen] @ self.frames.T
        near = near.masked_fill(self.group == self.group[chosen][:, None], -2)
        far = (2 - 2 * near.amax(1)).clamp(min=0).sqrt()
        return far.quantile(LIMIT).item()


def changes(angle: Tensor) -> Tensor:
    """The changes of angles (B, T) from frame to frame, (B, T - 1), from -180 to 180 degrees."""
    return (angle.diff(dim=1) + 180) % 360 - 180


def _regular(change: Tensor, step: float) -> float:
    return ((change - step).abs() <= step / 4).double().mean().item()


def _unit(frames: Tensor) -> Tensor:
    """Frames (N, C, H, W) as vectors (N, D) with mean 0 and length 1."""
    flat = frames.flatten(1).double()
    return functional.normalize(flat - flat.mean(1, keepdim=True), dim=1)
