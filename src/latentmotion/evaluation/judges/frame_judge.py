"""The frame judge: a judge's view of single frames, on which `fid-judge` is measured.

A judge answers for a whole sequence: its LSTM goes over what its convolutions make of each frame. Those numbers are
taken here, before the LSTM, of the judge of what is shown (`evaluation.frame_label`). It is neither trained nor changed
for that. What its label does not need it may not see: that of identity hardly sees the expression of a face. It is not
the Inception network of the published FID (inception.py): values of one say nothing of the other's size.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from latentmotion.core.pixels import to_float
from latentmotion.evaluation.judges.label_judge import Judge


@dataclass
class FrameJudge:
    """The judge whose frames' features are taken: 16 `judge.width` numbers a frame."""

    judge: Judge
    name = "fid-judge"

    @property
    def resizing(self) -> str:
        """Frames are looked at in their own size, that of the judge's data."""
        return f"{self.judge.record['shape'][1]}px"

    @torch.no_grad()
    def features(self, x: Tensor) -> np.ndarray:
        """Videos (B, T, C, H, W) uint8 -> those of every frame, (B * T, d) float64."""
        device = next(self.judge.network.parameters()).device
        return self.judge.network.frames(to_float(x.to(device)).flatten(0, 1)).double().cpu().numpy()
