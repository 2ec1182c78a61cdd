"""Conversion of pictures between bytes and floating point numbers."""

import numpy as np
import torch
from torch import Tensor


def to_float(x: Tensor) -> Tensor:
    """Pictures, uint8 from 0 to 255 -> float32 from -1 to 1. Sound and states, which are float32, are not changed."""
    return x if x.is_floating_point() else x.float() / 127.5 - 1


def to_uint8(x: Tensor) -> np.ndarray:
    """Float frames, cut off to [-1, 1] -> uint8 from 0 to 255, rounded."""
    return ((x.float().clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8).cpu().numpy()
