"""What content and motion are inferred from, where a model restricts it so that neither can hold what the other should.

content_frames: random frames of the sequence, which do not show the order of frames.
content_patch: frames whose square patches are shuffled. They show colours and textures, but neither where things are
    nor in which pose a figure is. In training the order is random; a trained model has one fixed order for each frame.
motion_centred: frame features less their mean over the sequence, h_t - (1/T) sum_s h_s. They show how the sequence
    changes, and hardly what stays the same in it.
"""

import torch
from torch import Tensor

from latentmotion.core.errors import UserError
from latentmotion.core.parallel_random import exponential_like
from latentmotion.models.base import DataShape
from latentmotion.models.components.random_frames import at_frames, random_frames

SEED = 0  # of the fixed orders of patches


def check_patch(side: int | None, shape: DataShape) -> None:
    """Raises UserError where frames cannot be cut into patches of this side, in pixels."""
    if side and shape.size % side:
        raise UserError(
            f"models.*.network.content_patch: frames of {shape.size} pixels cannot be cut into patches of {side} pixels"
        )


def features_of_both(model, x: Tensor, draw: bool) -> tuple[Tensor, Tensor]:
    """Frame features (B, T, F) from which the content is inferred, and those for the motion.

    Arguments:
        model: has `features`, which encodes frames, and `config`.
        x: (B, T, C, S, S).
        draw: whether frames and orders of patches are random, as in training.
    """
    for_content, for_motion = _features_of_both(model, x, draw)
    return for_content, motion_features(model, for_motion)


def motion_features(model, features: Tensor) -> Tensor:
    """What the motion is inferred from: the features (B, T, F) of the frames, less their mean with `motion_centred`."""
    return features - features.mean(1, keepdim=True) if model.config.motion_centred else features


def _features_of_both(model, x: Tensor, draw: bool) -> tuple[Tensor, Tensor]:
    count, side, length = model.config.content_frames if draw else None, model.config.content_patch, x.shape[1]
    if not side:
        features = model.features(x)
        return _repeated(_chosen(features, count), length), features
    shown = _chosen(x, count)
    order = _random_order(shown, side) if draw else _fixed_order(shown, side)
    # One pass, because batch normalisation would otherwise learn statistics that no pass has.
    features = model.features(torch.cat([shuffled_patches(shown, side, order), x], dim=1))
    for_content, for_motion = features.split([shown.shape[1], length], dim=1)
    return _repeated(for_content, length), for_motion


def shuffled_patches(x: Tensor, side: int, order: Tensor) -> Tensor:
    """Frames x (B, T, C, S, S) with patch i at the place of patch order[..., i]; order: (B or 1, T, (S / side)²)."""
    grid = x.shape[-1] // side
    patches = x.unflatten(4, (grid, side)).unflatten(3, (grid, side)).movedim((3, 5), (2, 3)).flatten(2, 3)
    patches = patches.gather(2, order[..., None, None, None].expand_as(patches))
    return patches.unflatten(2, (grid, grid)).movedim((2, 3), (3, 5)).flatten(5, 6).flatten(3, 4)


def _random_order(x: Tensor, side: int) -> Tensor:
    return exponential_like(x.new_empty(*x.shape[:2], (x.shape[-1] // side) ** 2)).argsort(2)


def _fixed_order(x: Tensor, side: int) -> Tensor:
    generator = torch.Generator().manual_seed(SEED)
    orders = [torch.randperm((x.shape[-1] // side) ** 2, generator=generator) for _ in range(x.shape[1])]
    return torch.stack(orders)[None].expand(len(x), -1, -1).to(x.device)


def _chosen(values: Tensor, count: int | None) -> Tensor:
    """Values (B, T, ...) of `count` random frames of each sequence; None: of all, in their order."""
    return values if count is None or count >= values.shape[1] else at_frames(values, random_frames(values, count))


def _repeated(values: Tensor, length: int) -> Tensor:
    """Values (B, n, ...) in turn up to `length` frames, as the content is inferred from T frames."""
    if values.shape[1] == length:
        return values
    return values[:, torch.arange(length, device=values.device) % values.shape[1]]
