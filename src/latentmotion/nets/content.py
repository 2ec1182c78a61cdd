"""Content network: frame features of a whole sequence -> the posterior of one time-invariant code."""

import torch
from torch import Tensor, nn

from latentmotion.nets.gaussian import GaussianHead


class ContentNetwork(nn.Module):
    """Features (B, T, F) -> mean and log variance of z (B, Z).

    A bidirectional LSTM with Z/2 units each way; the forward half at the last frame and the backward half at the first
    have each seen the whole sequence, and a linear map of both gives the posterior (HALO, supplementary table 5; the
    q(f | x_1:T) of DSVAE).
    """

    def __init__(self, features: int, content: int, start: float = 0.0):
        super().__init__()
        self.half = content // 2
        self.lstm = nn.LSTM(features, self.half, batch_first=True, bidirectional=True)
        self.head = GaussianHead(2 * self.half, content, start)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        states, _ = self.lstm(features)
        return self.head(torch.cat([states[:, -1, : self.half], states[:, 0, self.half :]], dim=1))
