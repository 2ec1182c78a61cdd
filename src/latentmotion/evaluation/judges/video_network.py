"""The video judge's network."""

from torch import Tensor, nn


class VideoClassifier(nn.Module):
    """Videos (B, T, C, S, S) in [-1, 1] -> features (B, d); from them logits of several questions.

    A convolution of each frame, then three over space and time, each halving what it sees, with `width`, 2, 4 and 8
    `width` channels, batch normalisation and LeakyReLU(0.2); what is left, averaged to 2 x 2 x 2, goes through a linear
    map to d features, which are given mean 0 and length sqrt(d). A video like none in training therefore lies as far
    away as its features can point, not as far as its brightness can drive them: squared distances end at 4 d. Each
    question has a linear map of its own from the features, so that no head can hide what it needs from them.

    Arguments:
        questions: name -> the number of its answers.
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
        return self.body(x.transpose(1, 2))

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        features = self.features(x)
        return {name: head(features) for name, head in self.heads.items()}
