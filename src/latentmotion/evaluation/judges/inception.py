"""Inception: the network of the published Frechet distance of frames, as the TorchScript file of StyleGAN2-ADA.

It is a translation of the graph of 2015 with which Heusel et al. (2017) measured; its features are the 2,048 numbers
before the classes. `latentmotion fetch --dataset inception --out data/raw/inception` downloads the file, and the
workflow does so when evaluation.inception is true. The metric is named `fid-inception`; without the file it is not
measured, and no other network replaces it. R-WAE does not state which file or input size its distances have.

The resizing of the input changes the value, so only the file's own resizing is used: bilinear, to 299 pixels.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from latentmotion.evaluation.judges.torchscript import load_torchscript

AT_ONCE = 64  # frames in a batch


@dataclass
class Inception:
    """The loaded network."""

    network: torch.jit.ScriptModule
    device: torch.device
    name = "fid-inception"
    resizing = "299px-bilinear"

    @torch.no_grad()
    def features(self, x: Tensor) -> np.ndarray:
        """Videos (B, T, C, H, W) uint8, of one channel or three -> features of every frame, (B * T, 2048) float64."""
        frames = x.expand(-1, -1, 3, -1, -1).flatten(0, 1).float()
        parts = [self.network(part.to(self.device), return_features=True) for part in frames.split(AT_ONCE)]
        return torch.cat(parts).double().cpu().numpy()


def load_inception(path: Path, sha256: str, device: torch.device) -> Inception:
    """The network in `path`. Raises UserError where the file is missing or has another checksum."""
    return Inception(load_torchscript(path, sha256, device, "inception", Inception.name), device)
