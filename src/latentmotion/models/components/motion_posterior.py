"""The posterior of R-WAE's motion: one code a frame, inferred from the frame and from the codes before it."""

import torch
from torch import Tensor, nn

from latentmotion.models.components.gaussian import GaussianHead, sample


class MotionPosterior(nn.Module):
    """q(z_t | z_<t, x_t) by an LSTM cell, whose input is the features of frame t and z_(t-1). The first z is 0.

    Arguments:
        log_variance: the value at which the log variances of the posterior start.
    """

    def __init__(self, features: int, motion: int, hidden: int, log_variance: float):
        super().__init__()
        self.motion = motion
        self.cell = nn.LSTMCell(features + motion, hidden)
        self.head = GaussianHead(hidden, motion, log_variance)

    def forward(self, features: Tensor, draw: bool) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Maps features (B, T, F) to codes z (B, T, M) and to the mean and log variance that each of them had.

        With `draw` each code is a sample, without it each code is the mean given the codes before it.
        """
        z, state, path = features.new_zeros(len(features), self.motion), None, []
        for h in features.unbind(1):
            state = self.cell(torch.cat([h, z], dim=1), state)
            mean, log_variance = self.head(state[0])
            z = sample(mean, log_variance) if draw else mean
            path.append((z, mean, log_variance))
        z, mean, log_variance = (torch.stack(part, dim=1) for part in zip(*path, strict=True))
        return z, (mean, log_variance)
