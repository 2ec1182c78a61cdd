"""The frame judge: the features of single frames inside a judge, which define the metric `fid-judge`.

A judge classifies a whole sequence: its convolutions compute features of each frame, and its LSTM combines them. Here
the features before the LSTM are used, of the judge whose label `evaluation.frame_label` names. The judge is not trained
again for this. Its features need not contain what its label does not depend on: those of the judge of identity contain
little of the expression of a face. It is not the Inception network of the published FID (inception.py), and the values
of the two metrics cannot be compared.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from latentmotion.core.pixels import to_float
from latentmotion.evaluation.judges.label_judge import Judge


@dataclass
class FrameJudge:
    """A judge as a network of frames, with 16 `judge.width` features for each frame."""

    judge: Judge
    name = "fid-judge"

    @property
    def resizing(self) -> str:
        """The size of the input, which is that of the judge's data: nothing is resized."""
        return f"{self.judge.record['shape'][1]}px"

    @torch.no_grad()
    def features(self, x: Tensor) -> np.ndarray:
        """Videos (B, T, C, H, W) uint8 -> features of every frame, (B * T, d) float64."""
        device = next(self.judge.network.parameters()).device
        return self.judge.network.frames(to_float(x.to(device)).flatten(0, 1)).double().cpu().numpy()
