"""The network of the judges of labels (HALO, supplementary table 9)."""

from torch import Tensor, nn


class Classifier(nn.Module):
    """Sequences (B, T, C, S, S) -> logits (B, K).

    Each frame goes through three 5x5 convolutions of stride 4 with `width`, 2 `width` and 4 `width` channels and a
    linear map to 16 `width` numbers, each with batch normalisation and LeakyReLU(0.2). An LSTM of 8 `width` units
    follows. Its last state is normalised and goes through a layer of 4 `width` units to the K logits. In the paper,
    width is 64, for frames of 64 pixels. Padding is 1; for smaller frames it is 2 where a feature map has become
    smaller than 3 pixels, so that the kernel still fits.
    """

    def __init__(self, channels: int, size: int, width: int, classes: int):
        super().__init__()
        layers: list[nn.Module] = []
        for outputs in (width, 2 * width, 4 * width):
            padding = 1 if size >= 3 else 2
            layers += [
                nn.Conv2d(channels, outputs, 5, 4, padding, bias=False),
                nn.BatchNorm2d(outputs),
                nn.LeakyReLU(0.2),
            ]
            size = (size + 2 * padding - 5) // 4 + 1
            channels = outputs
        self.frames = nn.Sequential(
            *layers, nn.Flatten(), nn.Linear(channels * size * size, 16 * width, bias=False),
            nn.BatchNorm1d(16 * width), nn.LeakyReLU(0.2),
        )  # fmt: skip
        self.lstm = nn.LSTM(16 * width, 8 * width, batch_first=True)
        self.head = nn.Sequential(
            nn.BatchNorm1d(8 * width), nn.LeakyReLU(0.2), nn.Linear(8 * width, 4 * width, bias=False),
            nn.BatchNorm1d(4 * width), nn.LeakyReLU(0.2), nn.Linear(4 * width, classes),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        features = self.frames(x.flatten(0, 1)).unflatten(0, x.shape[:2])
        return self.head(self.lstm(features)[0][:, -1])
