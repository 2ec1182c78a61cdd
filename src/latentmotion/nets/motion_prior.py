"""The learnt prior of a motion that is one code a frame, shared by DSVAE, S3VAE and R-WAE."""

import torch
from torch import Tensor, nn

from latentmotion.nets.gaussian import GaussianHead


class MotionPrior(nn.Module):
    """p(z_t | z_<t): an LSTM cell over the last z, from a zero state and z_0 = 0."""

    def __init__(self, motion: int, hidden: int):
        super().__init__()
        self.motion, self.hidden = motion, hidden
        self.cell = nn.LSTMCell(motion, hidden)
        self.head = GaussianHead(hidden, motion)

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance of every z_t given those before it: (B, T, M) each."""
        shifted = torch.cat([torch.zeros_like(z[:, :1]), z[:, :-1]], dim=1)
        state, outputs = None, []
        for step in shifted.unbind(1):
            state = self.cell(step, state)
            outputs.append(state[0])
        return self.head(torch.stack(outputs, dim=1))

    def sample(self, noise: Tensor, given: Tensor | None = None) -> Tensor:
        """noise (B, T, M) -> z (B, T, M); the first frames are taken from `given` (B, t, M) where it is there."""
        z, state, drawn = torch.zeros_like(noise[:, 0]), None, []
        for t, epsilon in enumerate(noise.unbind(1)):
            state = self.cell(z, state)
            mean, log_variance = self.head(state[0])
            known = given is not None and t < given.shape[1]
            z = given[:, t] if known else mean + torch.exp(0.5 * log_variance) * epsilon
            drawn.append(z)
        return torch.stack(drawn, dim=1)
