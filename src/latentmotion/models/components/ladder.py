"""The complex networks of R-WAE (figures 7, 9 and 10, tables 5 to 8): a ladder on BigGAN's residual blocks.

    frame -> block, attention, block, ..., block;   every one of them -> h^i by a linear map;   h = [h^n, ..., h^0]
    h^n -> 2 x 2 map -> block(h^(n-1)), ..., attention, block(h^0) -> frame

At 64 pixels there are five blocks, of 64 to 1024 channels (Brock et al., 2019): with the attention six maps, hence the
paper's six h^i, which the decoder's five blocks and its first map take back. At other sizes the frame is halved until
it is 2 pixels wide. Where the text is silent this is BigGAN: the encoder's blocks have no normalisation, the decoder's
are normalised over the batch with scale and offset linear in h^i, weights start orthogonal. Unlike BigGAN there is no
spectral normalisation, and every activation is the paper's leaky ReLU.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from latentmotion.core.errors import UserError

SLOPE = 0.2
INNERMOST = 2  # pixels


def blocks(size: int) -> int:
    """How often a frame is halved until it is 2 pixels wide."""
    count = size.bit_length() - INNERMOST.bit_length()
    if count < 2 or size != INNERMOST << count:
        raise UserError(f"datasets.*.size: {size} is no power of 2 from 8 on; these networks halve a frame down to 2")
    return count


def rungs(features: int, count: int) -> list[int]:
    """`features` numbers dealt out to `count` rungs, as evenly as can be."""
    if features < count:
        raise UserError(f"models.*.network.features: {features} are too few for a ladder of {count} rungs")
    return [features // count + (i < features % count) for i in range(count)]


class LadderEncoder(nn.Module):
    """Frames (N, C, S, S) -> features (N, features). `width`: channels of the block next to the frame."""

    def __init__(self, channels: int, size: int, width: int, features: int):
        super().__init__()
        count = blocks(size)
        self.blocks = nn.ModuleList()
        for i in range(count):
            self.blocks.append(DownBlock(channels, width << i, first=i == 0))
            channels = width << i
        self.attention = SelfAttention(width)
        maps = [width * (size // 2) ** 2] + [(width << i) * (size >> (i + 1)) ** 2 for i in range(count)]
        self.rungs = nn.ModuleList(nn.Linear(*sizes) for sizes in zip(maps, rungs(features, count + 1), strict=True))
        self.apply(_orthogonal)

    def forward(self, x: Tensor) -> Tensor:
        maps = [self.blocks[0](x)]
        maps.append(self.attention(maps[0]))
        for block in self.blocks[1:]:
            maps.append(block(maps[-1]))
        h = [rung(functional.leaky_relu(y, SLOPE).flatten(1)) for rung, y in zip(self.rungs, maps, strict=True)]
        return torch.cat(h[::-1], dim=1)


class LadderDecoder(nn.Module):
    """Codes h (N, features) -> frames (N, C, S, S), not yet squashed; `width` as the encoder's."""

    def __init__(self, features: int, channels: int, size: int, width: int):
        super().__init__()
        count = blocks(size)
        self.rungs = rungs(features, count + 1)[::-1]
        inner = width << count
        self.first = nn.Linear(self.rungs[0], inner * INNERMOST**2)
        self.unflatten = nn.Unflatten(1, (inner, INNERMOST, INNERMOST))
        self.blocks = nn.ModuleList(
            UpBlock(width << (count - i), width << (count - i - 1), rung) for i, rung in enumerate(self.rungs[1:])
        )
        self.attention = SelfAttention(2 * width)
        self.last = nn.Sequential(nn.BatchNorm2d(width), nn.LeakyReLU(SLOPE), nn.Conv2d(width, channels, 3, 1, 1))
        self.apply(_orthogonal)

    def forward(self, code: Tensor) -> Tensor:
        first, *others = code.split(self.rungs, dim=1)
        y = self.unflatten(self.first(first))
        for block, h in zip(self.blocks[:-1], others[:-1], strict=True):
            y = block(y, h)
        return self.last(self.blocks[-1](self.attention(y), others[-1]))


class DownBlock(nn.Module):
    """Halves a map: two 3x3 convolutions and a mean over 2x2, beside a 1x1 convolution. `first`: it sees pixels."""

    def __init__(self, inputs: int, outputs: int, first: bool):
        super().__init__()
        self.first = first
        self.one = nn.Conv2d(inputs, outputs, 3, 1, 1)
        self.two = nn.Conv2d(outputs, outputs, 3, 1, 1)
        self.shortcut = nn.Conv2d(inputs, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = self.one(x if self.first else functional.leaky_relu(x, SLOPE))
        y = functional.avg_pool2d(self.two(functional.leaky_relu(y, SLOPE)), 2)
        # A 1x1 convolution and a mean commute; the mean first is a quarter of the work.
        return y + self.shortcut(functional.avg_pool2d(x, 2))


class UpBlock(nn.Module):
    """Doubles a map: two 3x3 convolutions, each after a conditional normalisation, beside a 1x1 convolution.

    Whatever a bias of theirs would add, the next normalisation takes away.
    """

    def __init__(self, inputs: int, outputs: int, rung: int):
        super().__init__()
        self.norm_one, self.norm_two = ConditionalNorm(inputs, rung), ConditionalNorm(outputs, rung)
        self.one = nn.Conv2d(inputs, outputs, 3, 1, 1, bias=False)
        self.two = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.shortcut = nn.Conv2d(inputs, outputs, 1, bias=False)

    def forward(self, x: Tensor, h: Tensor) -> Tensor:
        y = functional.leaky_relu(self.norm_one(x, h), SLOPE)
        y = self.one(functional.interpolate(y, scale_factor=2))
        y = self.two(functional.leaky_relu(self.norm_two(y, h), SLOPE))
        return y + functional.interpolate(self.shortcut(x), scale_factor=2)


class ConditionalNorm(nn.Module):
    """Batch normalisation whose scale, about 1, and offset are linear in h (N, R)."""

    def __init__(self, channels: int, rung: int):
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=False)
        self.scale, self.offset = nn.Linear(rung, channels), nn.Linear(rung, channels)

    def forward(self, x: Tensor, h: Tensor) -> Tensor:
        return self.norm(x) * (1 + self.scale(h))[..., None, None] + self.offset(h)[..., None, None]


class SelfAttention(nn.Module):
    """Every place of a map looks at every 2x2 patch (Zhang et al., 2018, as in BigGAN); it begins as the identity."""

    def __init__(self, channels: int):
        super().__init__()
        query, value = max(1, channels // 8), max(1, channels // 2)
        self.query, self.key = nn.Conv2d(channels, query, 1, bias=False), nn.Conv2d(channels, query, 1, bias=False)
        self.value, self.out = nn.Conv2d(channels, value, 1, bias=False), nn.Conv2d(value, channels, 1, bias=False)
        self.weight = nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        key, value = (functional.max_pool2d(y, 2).flatten(2) for y in (self.key(x), self.value(x)))
        attention = torch.softmax(self.query(x).flatten(2).mT @ key, dim=2)
        return x + self.weight * self.out((value @ attention.mT).unflatten(2, x.shape[2:]))


def _orthogonal(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d | nn.Linear):
        nn.init.orthogonal_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
