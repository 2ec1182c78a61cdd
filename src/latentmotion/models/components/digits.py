"""Frame encoder and decoder for digits (HALO, supplementary tables 6 and 7), shared by HALO, GPPVAE and ODE2VAE."""

import torch
from torch import Tensor, nn

from latentmotion.core.errors import UserError

CONTRAST = 3.0  # an untrained decoder gives background (-0.5 deviations) 0.01 and strokes (2 deviations) 0.95
BACKGROUND = -3.0  # an untrained decoder without output normalisation gives an intensity of 0.05 everywhere


class DigitEncoder(nn.Module):
    """Maps frames (N, C, S, S) to features (N, features).

    The network has three 5x5 convolutions of stride 2 with `width`, 2 `width` and 4 `width` channels, and dense layers
    of `dense` and `features` units, each with batch normalisation and ReLU. The paper has width 32, dense 4096 and 256
    features.
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
    """Maps latent codes (N, inputs) to frames (N, C, S, S) in [-1, 1].

    The network has two dense layers and transposed convolutions with kernels 3, 5, 5 and 5. The two in the middle have
    stride 2, and a sigmoid follows the last one. From the encoder's 4 x 4 map the paddings of the paper give 27 pixels,
    and one pixel of output padding makes them 28.

    Arguments:
        output_norm: The last layer is normalised over the batch, as in the paper. Otherwise it has a bias. With the
            normalisation, training on rotating digits left one in four rows and columns of pixels black within the
            strokes, a trace of the two layers of stride 2.
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
            # A sigmoid of normalised values is grey everywhere, and digits are black but for a few strokes. The scale
            # and the offset of the normalisation move by at most a learning rate in a step, so they start near the end.
            layers.append(nn.BatchNorm2d(channels))
            nn.init.constant_(layers[-1].weight, CONTRAST)
            nn.init.constant_(layers[-1].bias, -CONTRAST)
        else:
            nn.init.constant_(layers[-1].bias, BACKGROUND)
        self.convolutions = nn.Sequential(*layers)

    def forward(self, code: Tensor) -> Tensor:
        return torch.tanh(0.5 * self.convolutions(self.unflatten(self.dense(code))).float())  # equals 2 sigmoid(x) - 1


def _map_side(size: int) -> int:
    """Returns the side of the map from which the decoder's convolutions make `size` pixels."""
    if size % 4 or size < 16:
        raise UserError(f"datasets.*.size: {size}; the networks for digits make frames of 16, 20, 24, 28... pixels")
    return (size - 12) // 4


def _dense(inputs: int, outputs: int) -> list[nn.Module]:
    return [nn.Linear(inputs, outputs, bias=False), nn.BatchNorm1d(outputs), nn.ReLU()]
