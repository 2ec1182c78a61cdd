"""prior-rotation: do rotations from random states remain the digit and keep turning? (HALO, supplement, figure S5)

Every generated frame is compared with the frames of the training split that models are shown. All are centred and
scaled to length 1, so that the distance of two frames is sqrt(2 - 2 c) with their correlation c. A frame shows the
digit if it is as near to some training frame as 95 % of the training frames are to those of other digits. There is no
judge of digits for this data set, which has threes alone, so that a frame is told from what is no three, and not from
other digits; a blurred three counts as one, and `contrast` tells of blur.

How far a sequence turns from one frame to the next is found without other frames: the first of the two is rotated by
every multiple of STEP degrees up to REACH to both sides, and the angle counts at which it has the largest correlation
with the second.
"""

import math

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
VIDEOS, AT_ONCE, EXAMPLES, LIMIT = 64, 16, 256, 0.95
STEP, REACH = 4.5, 90.0


def scored(context: EvaluationContext) -> int:
    """The number of generated sequences."""
    return VIDEOS


def measure(context: EvaluationContext) -> dict[str, float]:
    """Over sequences of rollout_length frames from the priors:

    digit_share, digit_share_last: the share of frames that show the digit, of all and of the last quarter.
    advance: the median of the change of the angle from one frame to the next, in degrees, positive where it turns as
        the data do. `real_advance`: that of real sequences.
    regular_share: the share of steps whose change is within a quarter of the step of the data, which is a full turn
        divided by the number of frames. `real_regular_share`: that of real sequences.
    contrast: the standard deviation of the pixels of a frame, divided by that of real frames; means.

    Of real sequences, the frames that the split shows or scores count.
    """
    library = Library(context)
    length = context.settings["rollout_length"]
    parts = np.array_split(np.arange(VIDEOS), -(-VIDEOS // AT_ONCE))
    x = torch.cat([from_priors(context, ids, length, NAME) for ids in parts])
    shown = (library.distance(x) <= library.limit()).double()
    chosen = subset(context.split, VIDEOS, NAME)
    real = to_float(torch.from_numpy(np.array(context.split.x[chosen]))).to(context.device)
    given = np.asarray(context.split.seen | context.split.scored)[chosen]  # all other frames are black
    pairs = torch.from_numpy(given[:, 1:] & given[:, :-1]).to(context.device)
    turned, real_turned = turns(x), turns(real)[pairs]
    way = math.copysign(1.0, real_turned.median().item())
    step = 360 / context.split.x.shape[1]
    return {
        "digit_share": shown.mean().item(),
        "digit_share_last": shown[:, -(length // 4) :].mean().item(),
        "advance": (way * turned).median().item(),
        "real_advance": (way * real_turned).median().item(),
        "regular_share": _regular(way * turned, step),
        "real_regular_share": _regular(way * real_turned, step),
        "contrast": (x.flatten(2).std(2).mean() / real.flatten(2).std(2)[torch.from_numpy(given)].mean()).item(),
    }


class Library:
    """The shown frames of the training split: unit vectors (N, D), and their digits."""

    def __init__(self, context: EvaluationContext):
        train = context.train
        row, place = np.nonzero(np.asarray(train.seen))
        self.frames = unit(to_float(torch.from_numpy(np.array(train.x)[row, place])).to(context.device))
        self.group = torch.from_numpy(np.asarray(train.group)[row]).to(context.device)

    def distance(self, x: Tensor) -> Tensor:
        """The distance of frames (B, T, C, H, W) to the nearest of the library, (B, T)."""
        near = torch.stack([(unit(frames) @ self.frames.T).amax(1) for frames in x])
        return (2 - 2 * near).clamp(min=0).sqrt()

    def limit(self) -> float:
        """How far LIMIT of the training frames are from those of other digits at most."""
        chosen = torch.linspace(0, len(self.frames) - 1, min(EXAMPLES, len(self.frames))).long()
        near = self.frames[chosen] @ self.frames.T
        near = near.masked_fill(self.group == self.group[chosen][:, None], -2)
        return (2 - 2 * near.amax(1)).clamp(min=0).sqrt().quantile(LIMIT).item()


def turns(x: Tensor) -> Tensor:
    """The angles in degrees by which sequences (B, T, C, H, W) turn from frame to frame, (B, T - 1)."""
    first, second = x[:, :-1].flatten(0, 1).float(), unit(x[:, 1:].flatten(0, 1))
    angles = torch.arange(-REACH, REACH + STEP / 2, STEP, device=x.device)
    alike = torch.stack([(unit(_rotated(first, angle)) * second).sum(1) for angle in angles])
    return angles[alike.argmax(0)].double().view(len(x), -1)


def _rotated(frames: Tensor, angle: Tensor) -> Tensor:
    """Frames (N, C, H, W), rotated about their middle; what comes from outside is black."""
    c, s = torch.deg2rad(angle).cos(), torch.deg2rad(angle).sin()
    nothing = torch.zeros_like(c)
    turn = torch.stack([torch.stack([c, -s, nothing]), torch.stack([s, c, nothing])])
    grid = functional.affine_grid(turn.expand(len(frames), -1, -1), list(frames.shape), align_corners=False)
    return functional.grid_sample(frames + 1, grid, align_corners=False) - 1


def _regular(change: Tensor, step: float) -> float:
    return ((change - step).abs() <= step / 4).double().mean().item()


def unit(frames: Tensor) -> Tensor:
    """Frames (N, C, H, W) as vectors (N, D) with mean 0 and length 1."""
    flat = frames.flatten(1).float()
    return functional.normalize(flat - flat.mean(1, keepdim=True), dim=1)
