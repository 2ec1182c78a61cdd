"""predict: the first frame of every sequence is continued and compared with the truth (HALO, section 4, table 1).

From a starting frame, the paper generates sequences of length 16, twice the length of training sequences, and compares
"the generated sequences with target sequences". All 16 frames count, the given frame as the model reconstructs it. A
metric with `future` in its name is measured on the predicted frames alone.
"""

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor

from latentmotion.evaluation.metrics.horizon import horizon
from latentmotion.evaluation.metrics.image_quality import mse, psnr, ssim
from latentmotion.evaluation.metrics.relative import relative
from latentmotion.evaluation.metrics.slope import slope
from latentmotion.evaluation.protocols.base import EvaluationContext
from latentmotion.models import base as contract

NAME = "predict"
NEEDS = frozenset({contract.PREDICT})


def applies(context: EvaluationContext) -> bool:
    """To pictures without hidden frames."""
    return context.split.x.ndim == 5 and bool(context.split.seen.all())


def measure(context: EvaluationContext) -> dict[str, float]:
    """The metrics of `compare`."""
    length = context.settings["predict_length"]
    return compare(
        context,
        ((ids, context.model.predict(batch.x[:, :1], length, batch.action)) for ids, batch in context.batches()),
    )


def compare(context: EvaluationContext, sequences: Iterable[tuple[np.ndarray, Tensor]]) -> dict[str, float]:
    """Metrics of continued first frames, each averaged over frames and then over sequences.

    ssim, psnr, mse: over all frames, for intensities in [0, 1].
    mse_future: over the predicted frames.
    mse_over_copy: mse_future divided by the same error of repeating the first frame; below 1 for a useful prediction.
    horizon: see metrics/horizon.py; at most predict_length - 1.

    Where predict_length is larger than the length T of a training sequence, the frames beyond it count apart:

    mse_within, ssim_within: over the predicted frames 2 to T.
    mse_beyond, ssim_beyond: over the frames T + 1 to predict_length.
    mse_growth: mse_beyond / mse_within; 1 where errors do not accumulate.
    mse_slope: the slope of the line that is fitted to the mean error of each predicted frame, per frame.

    Arguments:
        sequences: pairs of ids (B,) and sequences (B, L, C, H, W) in [-1, 1], whose frame 0 is the given one.
    """
    length, learnt = context.settings["predict_length"], context.split.x.shape[1]
    quality, errors, repeated = [], [], []
    for ids, x in sequences:
        truth = torch.from_numpy(np.array(context.split.truth(length, ids))).to(x.device).float() / 255
        frames = ((x.float() + 1) / 2).clamp(0, 1)
        quality.append(torch.stack([ssim(frames, truth), psnr(frames, truth)]).cpu())
        errors.append(mse(frames, truth).cpu())
        repeated.append(mse(truth[:, :1].expand_as(truth), truth)[:, 1:].cpu())
    error, copied = torch.cat(errors).double(), torch.cat(repeated).double()
    by_frame, ratio = torch.cat(quality, dim=1).double().mean(1)  # (L,) each
    scores = {
        "ssim": by_frame.mean().item(),
        "psnr": ratio.mean().item(),
        "mse": error.mean().item(),
        "mse_future": error[:, 1:].mean().item(),
        "mse_over_copy": (error[:, 1:].mean() / copied.mean()).item(),
        "horizon": horizon(error[:, 1:], copied).double().mean().item(),
    }
    if 1 < learnt < length:
        within, beyond = error[:, 1:learnt].mean(), error[:, learnt:].mean()
        scores |= {
            "mse_within": within.item(),
            "ssim_within": by_frame[1:learnt].mean().item(),
            "mse_beyond": beyond.item(),
            "ssim_beyond": by_frame[learnt:].mean().item(),
            "mse_growth": relative(beyond, within).item(),
            "mse_slope": slope(error[:, 1:].mean(0).numpy()),
        }
    return scores
