"""The frame networks of the R-WAE paper by name, for R-WAE and DSVAE: `networks` in params.yaml.

simple: those of DSVAE. complex: R-WAE's ladder. tfgan: for moving shapes. perceptron: for sound, two hidden layers
(R-WAE, appendix C). The first three are for pictures, the last takes a frame as so many numbers.

`Config` has the keys: networks; features, the size of h; width, channels next to the frame (units of a layer:
perceptron); decoder_width, of the decoder where it differs (complex); dense, full_resolution, output_norm (simple);
feature_norm, batch normalisation of the encoder's h, which the paper does not have.
"""

import math
from typing import Literal

import torch
from torch import Tensor, nn

from latentmotion.core.errors import UserError
from latentmotion.models.base import DataShape
from latentmotion.models.components.frames import FrameDecoder, FrameEncoder
from latentmotion.models.components.initialisation import keep_variance
from latentmotion.models.components.ladder import LadderDecoder, LadderEncoder
from latentmotion.models.components.tfgan import TFGANDecoder, TFGANEncoder

Networks = Literal["simple", "complex", "tfgan", "perceptron"]


def frame_encoder(config, shape: DataShape) -> nn.Module:
    """Frames (N, C, S, S), or (N, F) of sound and states -> features h (N, features)."""
    encoder = _bare_encoder(config, shape)
    if not config.feature_norm:
        return encoder
    # Where most of a picture is background, h differs little from frame to frame: it starts far below a code's noise.
    return nn.Sequential(encoder, nn.BatchNorm1d(config.features, affine=False))


def _bare_encoder(config, shape: DataShape) -> nn.Module:
    sizes = shape.channels, shape.size, config.width
    match _fitting(config.networks, shape):
        case "simple":
            return FrameEncoder(*sizes, config.dense, config.features, config.full_resolution)
        case "complex":
            return LadderEncoder(*sizes, config.features)
        case "tfgan":
            return TFGANEncoder(*sizes, config.features)
        case _:
            return Perceptron(_numbers(shape), config.width, config.features)


def frame_decoder(config, shape: DataShape, inputs: int | None = None) -> nn.Module:
    """Codes (N, inputs) -> what `bounded` makes frames of, in the shape of the encoder's input.

    Arguments:
        inputs: how many numbers a code has; None: it is h, of `features` numbers.
    """
    sizes = shape.channels, shape.size, config.width
    match _fitting(config.networks, shape):
        case "simple":
            norm, full = config.output_norm, config.full_resolution
            return RawFrameDecoder(inputs or config.features, *sizes, config.dense, norm, full)
        case "complex":
            ladder = LadderDecoder(config.features, *sizes[:2], config.decoder_width or config.width)
            # A rung takes its share of h: content and motion side by side must be mixed before they are dealt out.
            return nn.Sequential(nn.Linear(inputs, config.features), ladder) if inputs else ladder
        case "tfgan":
            return TFGANDecoder(inputs or config.features, *sizes)
        case _:
            frame = (shape.channels,) if is_sound(shape) else (shape.channels, shape.size, shape.size)
            return Perceptron(inputs or config.features, config.width, _numbers(shape), frame)


def bounded(y: Tensor, shape: DataShape) -> Tensor:
    """A decoder's output -> frames: pictures in [-1, 1], sound and states as they are."""
    return y if is_sound(shape) else torch.tanh(y)


def is_sound(shape: DataShape) -> bool:
    """Whether frames are vectors of standardised numbers instead of pictures."""
    return shape.size == 1


class RawFrameDecoder(FrameDecoder):
    """`FrameDecoder` without its last layer, the tanh."""

    def forward(self, code: Tensor) -> Tensor:
        return self.convolutions[:-1](self.unflatten(self.dense(code)))


class Perceptron(nn.Module):
    """Two hidden layers. `frame`: the shape of an output, where it is not (outputs,)."""

    def __init__(self, inputs: int, units: int, outputs: int, frame: tuple[int, ...] = ()):
        super().__init__()
        self.frame = frame or (outputs,)
        self.layers = nn.Sequential(
            nn.Linear(inputs, units), nn.LeakyReLU(0.2), nn.Linear(units, units), nn.LeakyReLU(0.2),
            nn.Linear(units, outputs),
        )  # fmt: skip
        keep_variance(self)

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x.flatten(1)).unflatten(1, self.frame)


def _fitting(networks: str, shape: DataShape) -> str:
    if networks != "perceptron" and is_sound(shape):
        raise UserError(f"models.*.network.networks: {networks} is for pictures; set it to perceptron for sound")
    return networks


def _numbers(shape: DataShape) -> int:
    return math.prod((shape.channels, shape.size, shape.size))
