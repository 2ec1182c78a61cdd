"""The three networks of video GANs with content and motion (Tulyakov et al., CVPR 2018): G, D_I and D_V.

The paper's videos have 16 frames of 64 pixels. Frames are halved until they are 4 to 7 pixels wide; the kernel there is
as wide. The temporal kernels of D_V are chosen so that its last map is one frame long.
"""

import torch
from torch import Tensor, nn

from latentmotion.core.errors import UserError
from latentmotion.models import base as contract
from latentmotion.models.components.initialisation import keep_variance

NEAR_BLACK, NEAR_WHITE = 0.02, 0.98  # the intensities that a tanh can be asked to start at


def generator(
    inputs: int, shape: contract.DataShape, width: int, background: tuple | None = None, units: int = 0
) -> nn.Sequential:
    """G: codes (N, inputs, 1, 1) -> frames (N, channels, size, size) in [-1, 1].

    Arguments:
        background: intensities in [0, 1] of each channel, at which the bias of the last layer starts. Without them it
            has no bias.
        units: of each of two linear layers that the codes go through first; 0: there are none. How a frame depends on
            the place of a small object is far from linear, and the convolutions alone show it at two places at once.
    """
    channels = [width * 2**i for i in reversed(range(_halvings(shape.size)))]
    layers = _perceptron(inputs, units) if units else []
    layers.append(nn.ConvTranspose2d(units or inputs, channels[0], _innermost(shape.size), 1, 0, bias=False))
    for before, after in zip(channels, channels[1:], strict=False):
        layers += [nn.BatchNorm2d(before), nn.ReLU(), nn.ConvTranspose2d(before, after, 4, 2, 1, bias=False)]
    last = nn.ConvTranspose2d(width, shape.channels, 4, 2, 1, bias=background is not None)
    if background is not None:
        if len(background) != shape.channels:
            raise UserError(f"network.background: {len(background)} numbers, but frames have {shape.channels} channels")
        start = torch.tensor(background).clamp(NEAR_BLACK, NEAR_WHITE)
        nn.init.zeros_(last.bias)
        last.bias.data += torch.atanh(2 * start - 1)
    return nn.Sequential(*layers, nn.BatchNorm2d(width), nn.ReLU(), last, nn.Tanh())


def _perceptron(inputs: int, units: int) -> list[nn.Module]:
    """Codes (N, inputs, 1, 1) -> (N, units, 1, 1), through two linear layers."""
    layers = nn.Linear(inputs, units), nn.ReLU(), nn.Linear(units, units), nn.ReLU()
    keep_variance(nn.Sequential(*layers))
    return [nn.Flatten(), *layers, nn.Unflatten(1, (units, 1, 1))]


class BatchDeviation(nn.Module):
    """Maps (N, C, ...) -> (N, C + 1, ...): the last channel is how much the N differ, one number for all of them.

    It is the standard deviation over the batch, averaged over channels and places (Karras et al., 2018). With it a
    discriminator sees where a generator makes the same frame again and again.
    """

    def forward(self, x: Tensor) -> Tensor:
        deviation = (x.float().var(0, correction=0) + 1e-8).sqrt().mean().to(x.dtype)
        return torch.cat([x, deviation.expand(len(x), 1, *x.shape[2:])], dim=1)


def image_discriminator(
    shape: contract.DataShape, width: int, norm: bool = True, deviation: bool = False
) -> nn.Sequential:
    """D_I: frames (N, channels, size, size) -> logits (N, 1, 1, 1).

    Arguments:
        norm: whether there is batch normalisation; without it, layers have biases.
        deviation: whether its last layer sees how much the frames of a batch differ.
    """
    channels = [width * 2**i for i in range(_halvings(shape.size))]
    layers: list[nn.Module] = [nn.Conv2d(shape.channels, width, 4, 2, 1, bias=not norm), nn.LeakyReLU(0.2)]
    for before, after in zip(channels, channels[1:], strict=False):
        layers.append(nn.Conv2d(before, after, 4, 2, 1, bias=not norm))
        layers += [nn.BatchNorm2d(after)] if norm else []
        layers.append(nn.LeakyReLU(0.2))
    layers += [BatchDeviation()] if deviation else []
    return nn.Sequential(*layers, nn.Conv2d(channels[-1] + deviation, 1, _innermost(shape.size), 1, 0, bias=False))


def video_discriminator(
    shape: contract.DataShape, width: int, outputs: int, norm: bool = True, time_stride: int = 1
) -> nn.Sequential:
    """D_V: videos (N, channels, frames, size, size) -> (N, outputs, 1, 1, 1).

    Arguments:
        norm: whether there is batch normalisation; without it, layers have biases.
        time_stride: 1: kernels in time whose sum of (kernel - 1) is T - 1, without padding, which are the paper's 4, 4,
            4, 4, 4 at 16 frames of 64 pixels. 2: kernels of 4 with a stride of 2, which halve the frames as they halve
            the pixels, and a last kernel over what is left.
    """
    halvings, side = _halvings(shape.size), _innermost(shape.size)
    kernels = [1 + (shape.frames - 1 + i) // (halvings + 1) for i in reversed(range(halvings + 1))]
    steps = [(kernel, 1, 0) for kernel in kernels[:-1]]
    last, left = kernels[-1], shape.frames
    if time_stride == 2:
        steps = []
        for _ in range(halvings):
            steps.append((4, 2, 1) if left > 1 else (1, 1, 0))
            left = max(1, left // 2)
        last = left
    channels, layers = shape.channels, []
    for i, (kernel, stride, padding) in enumerate(steps):
        after = width * 2**i
        layers.append(nn.Conv3d(channels, after, (kernel, 4, 4), (stride, 2, 2), (padding, 1, 1), bias=not norm))
        layers += [nn.BatchNorm3d(after)] if i and norm else []
        layers.append(nn.LeakyReLU(0.2))
        channels = after
    return nn.Sequential(*layers, nn.Conv3d(channels, outputs, (last, side, side), 1, 0, bias=False))


def _halvings(size: int) -> int:
    """How often a frame is halved until it is 4 to 7 pixels wide: 4 for 64 and for 96."""
    halvings = size.bit_length() - 3
    if halvings < 1 or size % (1 << halvings):
        raise UserError(f"datasets.*.size: {size} is not 4, 5, 6 or 7 doubled once or more, as 32, 64 or 96 are")
    return halvings


def _innermost(size: int) -> int:
    """The side of the smallest map."""
    return size >> _halvings(size)
