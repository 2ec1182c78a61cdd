"""Positional encoding: a phase that runs at a fixed rate, seen through sines and cosines (HALO, suppl. equation 13)."""

import torch
from torch import Tensor

from latentmotion.models.dynamics import Dynamics


class Fourier(Dynamics):
    """The phase phi_t = phi_0 + t / (T - 1), of which the decoder sees sin(2^k phi_t) and cos(2^k phi_t), k = 1..d/2.

    These dynamics have no parameters. The state of a subspace is one phase, which is inferred from a window of frames.
    The T - 1 steps of a training sequence take it from phi to phi + 1.

    Arguments:
        position: d. There are d / 2 frequencies, so that the decoder sees as many numbers as of the q of a Hamiltonian.
        frames: T, the length of a training sequence.
    """

    def __init__(self, position: int, frames: int):
        super().__init__()
        self.instant, self.windowed = 0, 1
        self.rate = 1.0 / (frames - 1)
        octaves = position // 2
        self.visible = 2 * octaves
        self.register_buffer("frequency", 2.0 ** torch.arange(1, octaves + 1), persistent=False)

    def forward(self, state: Tensor, first: int, last: int) -> Tensor:
        times = torch.arange(first, last + 1, device=state.device)
        return state.float()[:, None] + self.rate * times[:, None, None]

    def show(self, states: Tensor) -> Tensor:
        angle = states * self.frequency
        return torch.cat([angle.sin(), angle.cos()], dim=-1)
