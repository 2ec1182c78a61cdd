"""missing-angle: hidden frames are completed from the frames that a model was shown (HALO, supplementary table 2).

This is one protocol for rotating MNIST. Three papers describe it; each states that it follows the one before, but they
differ:

    here                There are 360 threes at 16 angles. Angle 3 (67.5 degrees) is hidden for every digit, and four
                        other angles at random for each: 11 of 16 frames are shown, and models are trained on these.
                        The test split scores angle 3 of all 360 digits, whose other frames are in the training split.
                        The validation split, by which settings are chosen, scores the other four angles.
    Casale et al.       There are 400 threes; a tenth of them, with all angles, is for validation. For the others, one
    (2018, GPPVAE)      angle is removed for every digit; then a quarter of the remaining frames, and of the frames to
                        be tested, is removed at random over all digits. Models are trained on 4,050 frames and tested
                        on 270 (Jazbec et al., 2021, prepare it in this way; the code of Casale et al. has no MNIST).
    Yildiz et al.       There are 360 threes; angle 3 and four more are removed as here. Validation uses whole sequences
    (2019, ODE2VAE)     of other digits.
    HALO (2022)         The paper is "following the procedure of Casale et al.", but its code trains on whole sequences
                        of 80 % of the digits, so that we do not know which frames its table scores.

`mse` is (x - truth)² for intensities in [0, 1], averaged over pixels and then over all scored frames; `psnr` is
computed for each frame and averaged likewise. `mse_seen` is the same error of the frames that the model was shown.
"""

import numpy as np
import torch
from torch import Tensor

from latentmotion.core.pixels import to_float
from latentmotion.evaluation.metrics.image_quality import mse, psnr
from latentmotion.evaluation.protocols.base import EvaluationContext
from latentmotion.models import base as contract

NAME = "missing-angle"
NEEDS = frozenset({contract.COMPLETE})


def applies(context: EvaluationContext) -> bool:
    """To data sets with hidden frames that are scored."""
    return bool(context.split.scored.any())


def measure(context: EvaluationContext) -> dict[str, float]:
    """`mse`, `psnr` and `mse_seen`, as above."""
    return compare(context, context.model.complete)


def blanked(batch: contract.Batch) -> contract.Batch:
    """The batch as a model sees it in training: every hidden frame is black."""
    black = to_float(torch.zeros((), dtype=torch.uint8, device=batch.x.device))
    return contract.Batch(
        torch.where(batch.seen[..., None, None, None], batch.x, black), batch.action, batch.object, batch.seen
    )


def compare(context: EvaluationContext, complete) -> dict[str, float]:
    """Scores of the sequences that `complete` returns.

    Arguments:
        complete: batch, whose hidden frames are black -> sequences (B, T, C, H, W) in [-1, 1].
    """
    errors, ratios, shown = [], [], []
    for ids, batch in context.batches():
        truth = (batch.x + 1) / 2
        x = ((complete(blanked(batch)).float() + 1) / 2).clamp(0, 1)
        scored = torch.from_numpy(context.split.scored[ids])
        errors.append(_chosen(mse(x, truth), scored))
        ratios.append(_chosen(psnr(x, truth), scored))
        shown.append(_chosen(mse(x, truth), batch.seen))
    return {
        name: float(np.concatenate(values).mean())
        for name, values in (("mse", errors), ("psnr", ratios), ("mse_seen", shown))
    }


def _chosen(values: Tensor, frames: Tensor) -> np.ndarray:
    """The values (B, T) of the frames that `frames` (B, T) marks: (number of marked frames,)."""
    return values.cpu()[frames.cpu()].double().numpy()
