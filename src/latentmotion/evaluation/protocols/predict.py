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

    Arguments:
        sequences: pairs of ids (B,) and sequences (B, L, C, H, W) in [-1, 1], whose frame 0 is the given one.
    """
    length = context.settings["predict_length"]
    quality, errors, repeated = [], [], []
    for ids, x in sequences:
        truth = torch.from_numpy(np.array(context.split.truth(length, ids))).to(x.device).float() / 255
        frames = ((x.float() + 1) / 2).clamp(0, 1)
        quality.append(torch.stack([ssim(frames, truth), psnr(frames, truth)]).mean(2).cpu())
        errors.append(mse(frames, truth).cpu())
        repeated.append(mse(truth[:, :1].expand_as(truth), truth)[:, 1:].cpu())
    error, copied = torch.cat(errors).double(), torch.cat(repeated).double()
    similarity, ratio = torch.cat(quality, dim=1).double().mean(1).tolist()
    return {
        "ssim": similarity,
        "psnr": ratio,
        "mse": error.mean().item(),
        "mse_future": error[:, 1:].mean().item(),
        "mse_over_copy": (error[:, 1:].mean() / copied.mean()).item(),
        "horizon": horizon(error[:, 1:], copied).double().mean().item(),
    }
