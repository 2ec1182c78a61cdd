"""Random frames of sequences, for a training that infers the content, or decodes, from only a part of the frames."""

import torch
from torch import Tensor

from latentmotion.core.parallel_random import exponential_like


def random_frames(like: Tensor, count: int) -> Tensor:
    """The numbers (B, count) of `count` different frames of each sequence (B, T, ...), in a random order."""
    return exponential_like(like[:, :, *[0] * (like.ndim - 2)].float()).topk(count, dim=1).indices


def at_frames(values: Tensor, frames: Tensor) -> Tensor:
    """Values (B, T, ...) of a sequence's frames -> those of the frames with the numbers (B, n), (B, n, ...)."""
    return values[torch.arange(len(values), device=values.device)[:, None], frames]
