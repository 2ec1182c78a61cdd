"""Pictures as bytes and as floating point numbers."""

import numpy as np
import torch
from torch import Tensor


def to_float(x: Tensor) -> Tensor:
    """Pictures, uint8 0..255 -> float32 -1..1. Sound and states are float32 as they are."""
    return x if x.is_floating_point() else x.float() / 127.5 - 1


def to_uint8(x: Tensor) -> np.ndarray:
    """Float frames in [-1, 1] -> uint8, rounded."""
    return ((x.float().clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8).cpu().numpy()
