"""The content network infers one code, which does not vary over time, from the frame features of a whole sequence."""

import torch
from torch import Tensor, nn

from latentmotion.models.components.gaussian import GaussianHead


class ContentNetwork(nn.Module):
    """Maps features (B, T, F) to the mean and log variance of the content z (B, Z).

    The network is a bidirectional LSTM with `units` units each way, or Z/2 where none are given. The forward half at
    the last frame and the backward half at the first frame have each seen the whole sequence. A linear map of both
    gives the posterior (HALO, supplementary table 5; the q(f | x_1:T) of DSVAE).

    Arguments:
        start: the value at which the log variances of the posterior start.
    """

    def __init__(self, features: int, content: int, start: float = 0.0, units: int | None = None):
        super().__init__()
        self.units = units or content // 2
        self.lstm = nn.LSTM(features, self.units, batch_first=True, bidirectional=True)
        self.head = GaussianHead(2 * self.units, content, start)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        states, _ = self.lstm(features)
        return self.head(torch.cat([states[:, -1, : self.units], states[:, 0, self.units :]], dim=1))
