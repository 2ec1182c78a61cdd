"""Frame networks after TFGAN (Balaji et al., 2018), R-WAE's less expressive ones for moving shapes (table 9).

R-WAE only names them. These are a reconstruction: plain residual networks (Mescheder et al., 2018) without ladder
or attention, of sizes that are not the paper's word. What makes TFGAN, filters that are made from a text,
has no place where there is no text.

    frame -> convolution -> block, halving, block, ..., block -> linear -> h,  and back

Blocks have 1, 2, 4, 4, 4 and 8 times `width` channels, from the frame inwards; at 64 pixels all six are there. A frame
is halved until it is 2 pixels wide. Weights start as He's, which keep the variance of what goes through, and the last
map is normalised over the batch before it becomes a frame: without the one, codes drawn from N(0, I) moved a pixel by
0.08 instead of 0.7; without the other, frames ran into the ends of the tanh within fifty batches and stayed there.
"""

from torch import Tensor, nn
from torch.nn import functional

from latentmotion.models.components.initialisation import keep_variance
from latentmotion.models.components.ladder import INNERMOST, SLOPE
from latentmotion.models.components.ladder import blocks as halvings

CHANNELS = (1, 2, 4, 4, 4, 8)
RESIDUAL = 0.1  # weight of a block's convolutions beside its shortcut


class TFGANEncoder(nn.Module):
    """Frames (N, C, S, S) -> features (N, features)."""

    def __init__(self, channels: int, size: int, width: int, features: int):
        super().__init__()
        levels = _levels(size, width)
        self.first = nn.Conv2d(channels, width, 3, 1, 1)
        self.blocks = nn.ModuleList(Block(*sizes) for sizes in zip([width, *levels], levels, strict=False))
        self.last = nn.Linear(levels[-1] * INNERMOST**2, features)
        keep_variance(self)

    def forward(self, x: Tensor) -> Tensor:
        y = self.blocks[0](self.first(x))
        for block in self.blocks[1:]:
            y = block(functional.avg_pool2d(y, 2))
        return self.last(functional.leaky_relu(y, SLOPE).flatten(1))


class TFGANDecoder(nn.Module):
    """Codes (N, inputs) -> frames (N, C, S, S), not yet squashed."""

    def __init__(self, inputs: int, channels: int, size: int, width: int):
        super().__init__()
        levels = _levels(size, width)[::-1]
        self.first = nn.Linear(inputs, levels[0] * INNERMOST**2)
        self.unflatten = nn.Unflatten(1, (levels[0], INNERMOST, INNERMOST))
        self.blocks = nn.ModuleList(Block(*sizes) for sizes in zip([levels[0], *levels], levels, strict=False))
        self.last = nn.Sequential(nn.BatchNorm2d(width), nn.LeakyReLU(SLOPE), nn.Conv2d(width, channels, 3, 1, 1))
        keep_variance(self)

    def forward(self, code: Tensor) -> Tensor:
        y = self.blocks[0](self.unflatten(self.first(code)))
        for block in self.blocks[1:]:
            y = block(functional.interpolate(y, scale_factor=2))
        return self.last(y)


class Block(nn.Module):
    """Two 3x3 convolutions beside a shortcut, which is a 1x1 convolution where the channels change."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        middle = min(inputs, outputs)
        self.one = nn.Conv2d(inputs, middle, 3, 1, 1)
        self.two = nn.Conv2d(middle, outputs, 3, 1, 1)
        self.shortcut = nn.Conv2d(inputs, outputs, 1, bias=False) if inputs != outputs else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        y = self.two(functional.leaky_relu(self.one(functional.leaky_relu(x, SLOPE)), SLOPE))
        return self.shortcut(x) + RESIDUAL * y


def _levels(size: int, width: int) -> list[int]:
    """Channels of the maps from the frame's own size to the innermost."""
    return [width * CHANNELS[min(i, len(CHANNELS) - 1)] for i in range(halvings(size) + 1)]
