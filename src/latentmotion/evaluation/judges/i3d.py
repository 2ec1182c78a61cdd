"""I3D: the network of the published Frechet video distance, as the TorchScript file that StyleGAN-V's pipeline uses.

Trained on Kinetics-400; its features are the 400 logits. It is not made here: `latentmotion fetch --dataset i3d --out
data/raw/i3d` brings it, when evaluation.i3d is true. What is measured on it is named `fvd-i3d`, and without the file
there is no such number: nothing stands in for it.

The resizing is part of the number (32 pixels become 224), so there is one: the file's own, bilinear. At that size it
is a network for a GPU.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from latentmotion.core.errors import UserError
from latentmotion.evaluation.judges.torchscript import load_torchscript

FEWEST = 10  # frames: from fewer the network's strides in time leave nothing
AT_ONCE = 16  # videos; StyleGAN-V's 256 frames


@dataclass
class I3D:
    """The loaded network, and what a record says of it (`summary`)."""

    network: torch.jit.ScriptModule
    summary: dict
    device: torch.device
    name = "fvd-i3d"
    resizing = "224px-bilinear"

    @torch.no_grad()
    def features(self, x: Tensor) -> np.ndarray:
        """Videos (B, T, C, H, W) uint8, of one channel or three -> (B, 400) float64."""
        if x.shape[1] < FEWEST:
            raise UserError(
                f"key 'evaluation.generate.frames': {x.shape[1]}, but fvd-i3d needs {FEWEST} or more; raise it, or set "
                "evaluation.i3d to false"
            )
        videos = x.expand(-1, -1, 3, -1, -1).transpose(1, 2).float()
        parts = [
            self.network(part.to(self.device), rescale=True, resize=True, return_features=True)
            for part in videos.split(AT_ONCE)
        ]
        return torch.cat(parts).double().cpu().numpy()


def load_i3d(path: Path, sha256: str, device: torch.device) -> I3D:
    """The network in `path`, if it has this checksum."""
    return I3D(load_torchscript(path, sha256, device, "i3d", I3D.name), {"weights": sha256}, device)
