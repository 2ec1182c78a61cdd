"""Inception: the network of the published Frechet distance of frames, as the TorchScript file of StyleGAN2-ADA.

It translates the graph of 2015 that Heusel et al. (2017) measured with; its features are the 2,048 numbers before the
classes. It is not made here: `latentmotion fetch --dataset inception --out data/raw/inception` brings it, when
evaluation.inception is true. What is measured on it is named `fid-inception`, and without the file there is no such
number: nothing stands in for it. R-WAE does not say which file or size its distances are of.

The resizing is part of the number, so there is one: the file's own, bilinear, to 299 pixels.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from latentmotion.evaluation.judges.torchscript import load_torchscript

AT_ONCE = 64  # frames


@dataclass
class Inception:
    """The loaded network."""

    network: torch.jit.ScriptModule
    device: torch.device
    name = "fid-inception"
    resizing = "299px-bilinear"

    @torch.no_grad()
    def features(self, x: Tensor) -> np.ndarray:
        """Videos (B, T, C, H, W) uint8, of one channel or three -> those of every frame, (B * T, 2048) float64."""
        frames = x.expand(-1, -1, 3, -1, -1).flatten(0, 1).float()
        parts = [self.network(part.to(self.device), return_features=True) for part in frames.split(AT_ONCE)]
        return torch.cat(parts).double().cpu().numpy()


def load_inception(path: Path, sha256: str, device: torch.device) -> Inception:
    """The network in `path`, if it has this checksum."""
    return Inception(load_torchscript(path, sha256, device, "inception", Inception.name), device)
