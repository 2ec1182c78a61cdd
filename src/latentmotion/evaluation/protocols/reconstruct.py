"""reconstruct: every sequence is encoded and decoded, and compared with itself.

How much a system has learnt of a data set shows first in what it can repeat. The squared error is compared with two
pictures that need no learning: the mean picture of the training frames, and the mean frame of each sequence, which has
its content and no motion. Codes are the means of the posterior. HGN encodes and decodes too, so that it is measured
here. Sequences with hidden frames cannot be encoded frame by frame; `complete` has the same metrics for them.
"""

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor

from latentmotion.core.errors import UserError
from latentmotion.core.pixels import to_float
from latentmotion.evaluation.metrics.image_quality import ssim
from latentmotion.evaluation.protocols.base import BATCH, EvaluationContext
from latentmotion.models import base as contract

NAME = "reconstruct"
NEEDS = frozenset({contract.ENCODE})
EXCEPT = ("modes", "ring", "ring_finite")  # points, which do not move


def applies(context: EvaluationContext) -> bool:
    """To sequences that the model has encoded."""
    return context.codes is not None and context.codes.content is not None


def measure(context: EvaluationContext) -> dict[str, float]:
    """The metrics of `compare`."""
    codes = context.codes
    return compare(
        context, ((ids, context.model.decode(codes.content[ids], codes.motion[ids])) for ids, _ in context.batches())
    )


def compare(context: EvaluationContext, sequences: Iterable[tuple[np.ndarray, Tensor]]) -> dict[str, float]:
    """Metrics of reconstructions y_t of sequences x_t, over all their frames. m is the mean picture of the training
    frames, and a bar marks the mean over the frames of a sequence.

    explained: 1 - sum |y_t - x_t|² / sum |m - x_t|². 1 is perfect; the mean picture has 0.
    motion_explained: 1 - sum |y_t - x_t|² / sum |x̄ - x_t|². The mean frame of each sequence has 0. It is negative
        where an error in the content is larger than the whole motion.
    change_explained: 1 - sum |(y_t - ȳ) - (x_t - x̄)|² / sum |x_t - x̄|². The content has no influence on it: 0 for
        every sequence of equal frames, 1 where all changes are right.
    mse: the squared error, averaged over numbers; pictures have intensities in [0, 1], sound has its own unit.
    ssim: of pictures, averaged over frames.

    Arguments:
        sequences: pairs of ids (B,) and reconstructions (B, T, ...) in the range of the model.

    Raises UserError where no sequence moves or all frames are equal, because the shares are not defined then.
    """
    mean = mean_picture(context)
    errors = np.zeros(4)  # of the reconstruction, of the mean picture, of the mean frames, of the changes
    similarity, numbers = [], 0
    for ids, x in sequences:
        truth = in_units(torch.from_numpy(np.array(context.split.x[ids])).to(x.device))
        y = in_units(x.float().clamp(-1, 1)) if truth.ndim == 5 else x.float()
        a, b = y.double(), truth.double()
        differences = (a - b, mean.to(b) - b, _still(b) - b, (a - _still(a)) - (b - _still(b)))
        errors += [float(difference.square().sum()) for difference in differences]
        numbers += truth.numel()
        if truth.ndim == 5:
            similarity.append(ssim(y, truth).mean(1).cpu())
    if errors[1:3].min() < 1e-12 * numbers:  # what rounding leaves of zero
        raise UserError(f"{context.split.name}: the sequences do not move, so no share of motion can be explained")
    error, of_mean, of_still, of_changes = errors.tolist()
    found = {
        "explained": 1 - error / of_mean,
        "motion_explained": 1 - error / of_still,
        "change_explained": 1 - of_changes / of_still,
        "mse": error / numbers,
    }
    return found | ({"ssim": torch.cat(similarity).double().mean().item()} if similarity else {})


def _still(x: Tensor) -> Tensor:
    return x.mean(1, keepdim=True)


def mean_picture(context: EvaluationContext) -> Tensor:
    """The mean of all frames of the training split that a model may see, (C, H, W) or (F,), double precision."""
    train, total, count = context.train, 0.0, 0
    for start in range(0, len(train), BATCH):
        seen = train.seen[start : start + BATCH]
        frames = np.asarray(train.x[start : start + BATCH])[seen]
        total = total + in_units(torch.from_numpy(frames)).double().sum(0)
        count += len(frames)
    return total / count


def in_units(x: Tensor) -> Tensor:
    """Pictures, uint8 or in [-1, 1], -> intensities in [0, 1]; sound is not changed."""
    return (to_float(x) + 1) / 2 if x.dtype == torch.uint8 or x.ndim == 5 else x
