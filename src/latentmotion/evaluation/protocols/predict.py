"""predict: the first frame of every sequence, continued and compared with the truth (HALO, section 4, table 1).

The paper generates sequences of length 16, twice that of training, from a starting frame and compares "the generated
sequences with target sequences" frame by frame: all 16 frames count, the given one as the model renders it. What is
measured over the predicted frames alone, so that rendering what was given gains nothing, is named `future`.
"""

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor

from latentmotion.evaluation.metrics.horizon import horizon
from latentmotion.evaluation.metrics.image_quality import mse, psnr, ssim
from latentmotion.evaluation.protocols.base import Trial
from latentmotion.models import base as contract

NAME = "predict"
NEEDS = frozenset({contract.PREDICT})


def applies(trial: Trial) -> bool:
    """Sequences with hidden frames are to be completed, not continued; points and sound are no pictures."""
    return trial.split.x.ndim == 5 and bool(trial.split.seen.all())


def measure(trial: Trial) -> dict[str, float]:
    length = trial.settings["predict_length"]
    return compare(
        trial,
        ((ids, trial.model.predict(batch.x[:, :1], length, batch.action)) for ids, batch in trial.batches()),
    )


def compare(trial: Trial, sequences: Iterable[tuple[np.ndarray, Tensor]]) -> dict[str, float]:
    """Scores of continued first frames, each a mean over frames, then over sequences.

    `ssim`, `psnr` and `mse` (intensities in [0, 1]) over all frames; `mse_future` over the predicted ones;
    `mse_over_copy`, that as a share of what repeating the first frame costs, below 1 for a prediction that is worth
    something; `horizon` (metrics/horizon.py), predict_length - 1 at most.

    Arguments:
        sequences: ids and (B, L, C, H, W) in [-1, 1], frame 0 the given one.
    """
    length = trial.settings["predict_length"]
    quality, errors, standstill = [], [], []
    for ids, x in sequences:
        truth = torch.from_numpy(np.array(trial.split.truth(length, ids))).to(x.device).float() / 255
        frames = ((x.float() + 1) / 2).clamp(0, 1)
        quality.append(torch.stack([ssim(frames, truth), psnr(frames, truth)]).mean(2).cpu())
        errors.append(mse(frames, truth).cpu())
        standstill.append(mse(truth[:, :1].expand_as(truth), truth)[:, 1:].cpu())
    error, copied = torch.cat(errors).double(), torch.cat(standstill).double()
    similarity, ratio = torch.cat(quality, dim=1).double().mean(1).tolist()
    return {
        "ssim": similarity,
        "psnr": ratio,
        "mse": error.mean().item(),
        "mse_future": error[:, 1:].mean().item(),
        "mse_over_copy": (error[:, 1:].mean() / copied.mean()).item(),
        "horizon": horizon(error[:, 1:], copied).double().mean().item(),
    }
