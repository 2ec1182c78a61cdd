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


def seen_by_content(features: Tensor, count: int | None) -> Tensor:
    """Features (B, T, F) of `count` random frames of each sequence, in turn up to T frames; None: of all, in order.

    A content that must not depend on which frames were seen can hold neither where things are nor how they move.
    """
    length = features.shape[1]
    if count is None or count >= length:
        return features
    return at_frames(features, random_frames(features, count))[:, torch.arange(length, device=features.device) % count]
