"""The small frame encoder and decoder for digits that GPPVAE was published with (Casale et al., 2018, supplement).

As Jazbec et al. (2021) describe them, every layer has eight 3x3 filters and exponential linear units, and nothing is
normalised.
"""

from torch import Tensor, nn

from latentmotion.core.errors import UserError


class SmallEncoder(nn.Sequential):
    """Maps frames (N, C, S, S) to features (N, `features`), the map of the last of three convolutions of stride 2."""

    def __init__(self, channels: int, size: int, width: int):
        side, layers = size, []
        for before in (channels, width, width):
            layers += [nn.Conv2d(before, width, 3, 2), nn.ELU()]
            side = (side - 1) // 2
        if side < 1:
            raise UserError(f"datasets.*.size: {size}; the small networks for digits need 15 pixels at least")
        super().__init__(*layers, nn.Flatten())
        self.features = width * side * side


class SmallDecoder(nn.Module):
    """Maps latent codes (N, inputs) to frames (N, C, S, S) in [-1, 1].

    A dense layer gives a map of 4 x 4. Three times, its pixels are repeated (to sides of 8, S/2 and S) and a
    convolution follows. Departure: a hyperbolic tangent bounds the frames, which the paper's decoder does not have.
    """

    def __init__(self, inputs: int, channels: int, size: int, width: int):
        super().__init__()
        layers: list[nn.Module] = [nn.Linear(inputs, width * 4 * 4), nn.Unflatten(1, (width, 4, 4))]
        for side, after in ((8, width), (size // 2, width), (size, channels)):
            layers += [nn.Upsample(size=(side, side)), nn.Conv2d(width, after, 3, padding=1), nn.ELU()]
        self.layers = nn.Sequential(*layers[:-1])

    def forward(self, code: Tensor) -> Tensor:
        return self.layers(code).float().tanh()
