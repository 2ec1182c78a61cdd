"""The network of the video judge."""

from torch import Tensor, nn


class VideoClassifier(nn.Module):
    """Videos (B, T, C, S, S) in [-1, 1] -> features (B, d), and from these the logits of several questions.

    One convolution over space with `width` channels is followed by three over space and time with 2, 4 and 8 `width`
    channels; each halves the resolution. They have batch normalisation (not the first) and LeakyReLU(0.2). The result,
    averaged to 2 x 2 x 2 cells, goes through a linear map to d features, which are normalised to mean 0 and length
    sqrt(d). Therefore squared distances between features are at most 4 d, also for a video that is unlike all training
    videos, for example a much brighter one. Each question has one linear map from the features to its logits, so that
    everything which answers a question is in the features.

    Arguments:
        questions: name -> the number of answers.
    """

    def __init__(self, channels: int, width: int, features: int, questions: dict[str, int]):
        super().__init__()
        layers: list[nn.Module] = [nn.Conv3d(channels, width, (1, 3, 3), (1, 2, 2), (0, 1, 1)), nn.LeakyReLU(0.2)]
        for before, after in ((width, 2 * width), (2 * width, 4 * width), (4 * width, 8 * width)):
            layers += [nn.Conv3d(before, after, 3, 2, 1, bias=False), nn.BatchNorm3d(after), nn.LeakyReLU(0.2)]
        layers += [nn.AdaptiveAvgPool3d(2), nn.Flatten(), nn.Linear(64 * width, features)]
        self.body = nn.Sequential(*layers, nn.LayerNorm(features, elementwise_affine=False))
        self.heads = nn.ModuleDict({name: nn.Linear(features, answers) for name, answers in questions.items()})

    def features(self, x: Tensor) -> Tensor:
        """Videos (B, T, C, S, S) -> features (B, d)."""
        return self.body(x.transpose(1, 2))

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """Videos (B, T, C, S, S) -> question -> logits (B, number of answers)."""
        features = self.features(x)
        return {name: head(features) for name, head in self.heads.items()}
