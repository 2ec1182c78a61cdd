"""The small frame encoder and decoder for digits that GPPVAE was published with (Casale et al., 2018, supplement).

As Jazbec et al. (2021) give them: eight filters of 3x3 in every layer, exponential linear units, no normalisation.
"""

from torch import Tensor, nn

from latentmotion.core.errors import UserError


class SmallEncoder(nn.Sequential):
    """Frames (N, C, S, S) -> features (N, `features`), the last layer's map: three convolutions of stride 2."""

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
    """Latent codes (N, inputs) -> frames (N, C, S, S) in [-1, 1].

    A dense layer to 4 x 4, then three times: pixels repeated (to 8, S/2 and S), and a convolution. Departure: frames
    are bounded by a hyperbolic tangent, where the paper's decoder is not.
    """

    def __init__(self, inputs: int, channels: int, size: int, width: int):
        super().__init__()
        layers: list[nn.Module] = [nn.Linear(inputs, width * 4 * 4), nn.Unflatten(1, (width, 4, 4))]
        for side, after in ((8, width), (size // 2, width), (size, channels)):
            layers += [nn.Upsample(size=(side, side)), nn.Conv2d(width, after, 3, padding=1), nn.ELU()]
        self.layers = nn.Sequential(*layers[:-1])

    def forward(self, code: Tensor) -> Tensor:
        return self.layers(code).float().tanh()
