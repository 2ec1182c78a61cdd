"""I3D: the network of the published Frechet video distance, as the TorchScript file that StyleGAN-V's pipeline uses.

It was trained on Kinetics-400; its features are the 400 logits. `latentmotion fetch --dataset i3d --out data/raw/i3d`
downloads the file, and the workflow does so when evaluation.i3d is true. The metric is named `fvd-i3d`; without the
file it is not measured, and no other network replaces it.

The resizing of the input, for example from 32 to 224 pixels, changes the value, so only the file's own resizing is
used: bilinear. At this size the network needs a GPU.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from latentmotion.core.errors import UserError
from latentmotion.evaluation.judges.torchscript import load_torchscript

FEWEST = 10  # frames; the strides of the network in time leave nothing of a shorter video
AT_ONCE = 16  # videos in a batch: 256 frames, as in StyleGAN-V


@dataclass
class I3D:
    """The loaded network, and `summary`: what an evaluation record holds about it."""

    network: torch.jit.ScriptModule
    summary: dict
    device: torch.device
    name = "fvd-i3d"
    resizing = "224px-bilinear"
    fewest = FEWEST

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
    """The network in `path`. Raises UserError where the file is missing or has another checksum."""
    return I3D(load_torchscript(path, sha256, device, "i3d", I3D.name), {"weights": sha256}, device)
