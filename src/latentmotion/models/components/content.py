"""Content network: frame features of a whole sequence -> the posterior of one time-invariant code."""

import torch
from torch import Tensor, nn

from latentmotion.models.components.gaussian import GaussianHead


class ContentNetwork(nn.Module):
    """Features (B, T, F) -> mean and log variance of z (B, Z).

    A bidirectional LSTM with `units` each way, Z/2 where none are given; the forward half at the last frame and the
    backward half at the first have each seen the whole sequence, and a linear map of both gives the posterior (HALO,
    supplementary table 5; the q(f | x_1:T) of DSVAE).
    """

    def __init__(self, features: int, content: int, start: float = 0.0, units: int | None = None):
        super().__init__()
        self.units = units or content // 2
        self.lstm = nn.LSTM(features, self.units, batch_first=True, bidirectional=True)
        self.head = GaussianHead(2 * self.units, content, start)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        states, _ = self.lstm(features)
        return self.head(torch.cat([states[:, -1, : self.units], states[:, 0, self.units :]], dim=1))
