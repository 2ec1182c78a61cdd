"""Frame encoder and decoder for digits (HALO, supplementary tables 6 and 7), shared by HALO, GPPVAE and ODE2VAE."""

import torch
from torch import Tensor, nn

from latentmotion.core.errors import UserError

CONTRAST = 3.0  # of an untrained decoder: background (-0.5 deviations) at 0.01, strokes (2 deviations) at 0.95
BACKGROUND = -3.0  # of an untrained decoder without output normalisation: an intensity of 0.05 everywhere


class DigitEncoder(nn.Module):
    """Frames (N, C, S, S) -> features (N, features).

    Three 5x5 convolutions of stride 2 with `width`, 2 `width` and 4 `width` channels, then dense layers of `dense` and
    `features` units, each with batch normalisation and ReLU. The paper has width 32, dense 4096 and 256 features.
    """

    def __init__(self, channels: int, size: int, width: int, dense: int, features: int):
        super().__init__()
        self.features = features
        _map_side(size)
        layers: list[nn.Module] = []
        for before, after in ((channels, width), (width, 2 * width), (2 * width, 4 * width)):
            layers += [nn.Conv2d(before, after, 5, 2, 2, bias=False), nn.BatchNorm2d(after), nn.ReLU()]
        self.convolutions = nn.Sequential(*layers)
        side = -(-size // 8)
        self.dense = nn.Sequential(*_dense(4 * width * side * side, dense), *_dense(dense, features))

    def forward(self, x: Tensor) -> Tensor:
        return self.dense(self.convolutions(x).flatten(1))


class DigitDecoder(nn.Module):
    """Latent codes (N, inputs) -> frames (N, C, S, S) in [-1, 1].

    Two dense layers, then transposed convolutions of kernels 3, 5, 5 and 5, the two in the middle of stride 2, the last
    with batch normalisation and a sigmoid. From the encoder's 4 x 4 map the paper's paddings give 27 pixels; one of
    output padding makes them 28.

    Arguments:
        output_norm: The last layer is normalised over the batch, as in the paper. Where it is not, the layer has a bias
            instead. Normalisation lets few pixels decide the scale of all: after two layers of stride 2, every fourth
            pixel of a row and of a column was seen to stay black within the strokes.
    """

    def __init__(self, inputs: int, channels: int, size: int, width: int, dense: int, output_norm: bool = True):
        super().__init__()
        side = _map_side(size)
        self.dense = nn.Sequential(*_dense(inputs, dense), *_dense(dense, 4 * width * side * side))
        self.unflatten = nn.Unflatten(1, (4 * width, side, side))
        layers: list[nn.Module] = []
        for before, after, shape in ((4, 4, (3, 1, 0)), (4, 2, (5, 2, 1)), (2, 1, (5, 2, 1, 1))):
            layers += [
                nn.ConvTranspose2d(before * width, after * width, *shape, bias=False),
                nn.BatchNorm2d(after * width),
                nn.ReLU(),
            ]
        layers.append(nn.ConvTranspose2d(width, channels, 5, 1, 2, bias=not output_norm))
        if output_norm:
            # A sigmoid of normalised values is grey everywhere. Digits are black but for a few strokes, and the two
            # numbers that would have to grow until they are move by no more than a learning rate a step.
            layers.append(nn.BatchNorm2d(channels))
            nn.init.constant_(layers[-1].weight, CONTRAST)
            nn.init.constant_(layers[-1].bias, -CONTRAST)
        else:
            nn.init.constant_(layers[-1].bias, BACKGROUND)
        self.convolutions = nn.Sequential(*layers)

    def forward(self, code: Tensor) -> Tensor:
        return torch.tanh(0.5 * self.convolutions(self.unflatten(self.dense(code))).float())  # 2 sigmoid(x) - 1


def _map_side(size: int) -> int:
    """The side of the map that the decoder's convolutions make into `size` pixels."""
    if size % 4 or size < 16:
        raise UserError(f"datasets.*.size: {size}; the networks for digits make frames of 16, 20, 24, 28... pixels")
    return (size - 12) // 4


def _dense(inputs: int, outputs: int) -> list[nn.Module]:
    return [nn.Linear(inputs, outputs, bias=False), nn.BatchNorm1d(outputs), nn.ReLU()]
