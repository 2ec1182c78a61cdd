"""Content network: frame features of a whole sequence -> the posterior of one time-invariant code."""

import math

import torch
from torch import Tensor, nn

from latentmotion.core.parallel_random import exponential_like, normal_like
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


def drawn_share(progress: float, closed: float, drawn: float, until: float = 1.0) -> float:
    """The share of sequences whose content is drawn from N(0, I) at this point of the training.

    In the very first step none is drawn: the loop refuses a model some of whose parameters get no gradient at first.

    Arguments:
        progress: the share of the training that is done.
        closed: up to this share of the training every content is drawn.
        drawn: from then on this share of the sequences has its content drawn.
        until: from this share of the training on no content is drawn.
    """
    if progress == 0:
        return 0.0
    if progress < closed:
        return 1.0
    return drawn if progress < until else 0.0


def with_drawn(content: Tensor, share: float) -> tuple[Tensor, Tensor]:
    """Codes (B, Z) of which a random share is replaced by draws from N(0, I), and which ones are still their own (B,).

    What the decoder can read from the motion alone, it learns to read there, because some contents say nothing. Without
    this, content that costs nothing takes over whatever is constant in a sequence, its action included.
    """
    if share <= 0.0:
        return content, torch.ones_like(content[:, 0])
    # An exponential number exceeds -ln(share) with probability `share`.
    replaced = exponential_like(content[:, 0]) > -math.log(share)
    return torch.where(replaced[:, None], normal_like(content), content), (~replaced).to(content.dtype)
