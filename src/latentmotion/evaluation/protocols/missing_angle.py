"""missing-angle: frames that a model was not shown, completed from those that it was (HALO, supplementary table 2).

One protocol for rotating MNIST, from three papers of which each says to follow the one before and does not:

    here                360 threes at 16 angles. Angle 3 (67.5 degrees) is hidden on every digit, and four more on each,
                        at random: 11 of 16 are shown. Trained on those; the test scores angle 3 of all 360 digits,
                        whose other frames were trained on; settings are chosen by the four (the validation split).
    Casale et al.       400 threes, of which a tenth is kept apart with all angles for validation. Of the others one
    (2018, GPPVAE)      angle is removed on every digit and a quarter of what is left, and of what is to be tested, at
                        random over all digits: 4,050 frames are trained on and 270 tested (as Jazbec et al., 2021,
                        prepare it after them; their own code has no MNIST).
    Yildiz et al.       360 threes, angle 3 and four more removed as here. Validation is on whole sequences of other
    (2019, ODE2VAE)     digits.
    HALO (2022)         "following the procedure of Casale et al."; its code trains on whole sequences of 80 % of the
                        digits, so what its table scores is not known.

The error is (x - truth)² in intensities of [0, 1], averaged over pixels, then over all frames scored: `mse`, and `psnr`
of each frame likewise. `mse_seen` is that of the frames that the model was shown, as it renders them.
"""

import numpy as np
import torch
from torch import Tensor

from latentmotion.core.pixels import to_float
from latentmotion.evaluation.metrics.image_quality import mse, psnr
from latentmotion.evaluation.protocols.base import Trial
from latentmotion.models import base as contract

NAME = "missing-angle"
NEEDS = frozenset({contract.COMPLETE})


def applies(trial: Trial) -> bool:
    return bool(trial.split.scored.any())


def measure(trial: Trial) -> dict[str, float]:
    return compare(trial, trial.model.complete)


def blanked(batch: contract.Batch) -> contract.Batch:
    """The batch as training shows it: every frame that is not seen is black."""
    black = to_float(torch.zeros((), dtype=torch.uint8, device=batch.x.device))
    return contract.Batch(
        torch.where(batch.seen[..., None, None, None], batch.x, black), batch.action, batch.object, batch.seen
    )


def compare(trial: Trial, complete) -> dict[str, float]:
    """Scores of sequences completed by `complete(batch) -> (B, T, C, H, W)`, which is not shown what is scored."""
    errors, ratios, shown = [], [], []
    for ids, batch in trial.batches():
        truth = (batch.x + 1) / 2
        x = ((complete(blanked(batch)).float() + 1) / 2).clamp(0, 1)
        scored = torch.from_numpy(trial.split.scored[ids])
        errors.append(_of(mse(x, truth), scored))
        ratios.append(_of(psnr(x, truth), scored))
        shown.append(_of(mse(x, truth), batch.seen))
    return {
        name: float(np.concatenate(values).mean())
        for name, values in (("mse", errors), ("psnr", ratios), ("mse_seen", shown))
    }


def _of(values: Tensor, frames: Tensor) -> np.ndarray:
    return values.cpu()[frames.cpu()].double().numpy()
