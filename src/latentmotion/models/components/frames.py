"""Frame encoder and decoder of HALO (supplementary tables 3 and 4), shared by HALO, DSVAE and S3VAE."""

from torch import Tensor, nn

from latentmotion.core.errors import UserError

STRIDES = (1, 2, 2, 2, 1)
SHRINK = 8  # the product of the strides


def _check(size: int) -> int:
    if size % SHRINK:
        raise UserError(
            f"datasets.*.size: {size} is not a multiple of {SHRINK}; these networks halve a frame three times"
        )
    return size // SHRINK


class FrameEncoder(nn.Module):
    """Frames (N, C, S, S) -> features (N, features).

    Five 5x5 convolutions of `width` channels (strides 1, 2, 2, 2, 1), then dense layers of `dense`, `dense`/2 and
    `features` units, each with batch normalisation and LeakyReLU(0.2). The paper has width 256, dense 4096. Without
    `full_resolution` the first convolution is left out, which at small widths is most of the work.
    """

    def __init__(self, channels: int, size: int, width: int, dense: int, features: int, full_resolution: bool = True):
        super().__init__()
        side = _check(size)
        layers: list[nn.Module] = []
        for stride in STRIDES if full_resolution else STRIDES[1:]:
            layers += [nn.Conv2d(channels, width, 5, stride, 2, bias=False), nn.BatchNorm2d(width), nn.LeakyReLU(0.2)]
            channels = width
        self.convolutions = nn.Sequential(*layers)
        self.dense = nn.Sequential(
            *_dense(width * side * side, dense), *_dense(dense, dense // 2), *_dense(dense // 2, features)
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.dense(self.convolutions(x).flatten(1))


class FrameDecoder(nn.Module):
    """Latent codes (N, inputs) -> frames (N, C, S, S) in [-1, 1].

    Dense layers of `dense` and `width` S^2/64 units, three 5x5 transposed convolutions of stride 2, one of stride 1
    with batch normalisation and tanh. The paper's table 4 lists four of stride 2, which from the encoder's 8 x 8 map
    would give 128 pixels; three give its 64 and its 158 million parameters. Without `full_resolution` the third of
    stride 2 makes the frame.
    """

    def __init__(
        self,
        inputs: int,
        channels: int,
        size: int,
        width: int,
        dense: int,
        output_norm: bool = True,
        full_resolution: bool = True,
    ):
        super().__init__()
        side = _check(size)
        self.dense = nn.Sequential(*_dense(inputs, dense), *_dense(dense, width * side * side))
        self.unflatten = nn.Unflatten(1, (width, side, side))
        layers: list[nn.Module] = []
        for _ in range(3 if full_resolution else 2):
            layers += [
                nn.ConvTranspose2d(width, width, 5, 2, 2, 1, bias=False),
                nn.BatchNorm2d(width),
                nn.LeakyReLU(0.2),
            ]
        stride = 1 if full_resolution else 2
        layers.append(nn.ConvTranspose2d(width, channels, 5, stride, 2, stride - 1, bias=not output_norm))
        layers += [nn.BatchNorm2d(channels), nn.Tanh()] if output_norm else [nn.Tanh()]
        self.convolutions = nn.Sequential(*layers)

    def forward(self, code: Tensor) -> Tensor:
        return self.convolutions(self.unflatten(self.dense(code)))


def _dense(inputs: int, outputs: int) -> list[nn.Module]:
    # Batch normalisation has a bias of its own; one before it would be a parameter without a gradient.
    return [nn.Linear(inputs, outputs, bias=False), nn.BatchNorm1d(outputs), nn.LeakyReLU(0.2)]
