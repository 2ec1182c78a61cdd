"""Linear dynamics, driven by the sampled state (HALO, supplement 3.3, equation 12)."""

import torch
from torch import Tensor, nn

from latentmotion.models.dynamics import Dynamics


class Linear(Dynamics):
    """K affine recurrences h_t = A_k s + B_k h_{t-1} + b_k, h_0 = s; the decoder sees all of h.

    s is the one state that inference gives (equation 6), so it drives every step. An affine map has no inverse that
    could be counted on, so the way back in time, which training needs from its random reference frame, has
    parameters of its own: nothing here makes the two undo each other, and how far they do is measured.

    The public code multiplies the three terms; with its zero start the result and every gradient are zero. Here they
    are added, as the paper writes.

    Arguments:
        operators: K.
        position: d; a state has 2d numbers, as in the Hamiltonian.
    """

    def __init__(self, operators: int, position: int):
        super().__init__()
        self.instant = self.windowed = position
        self.visible = size = 2 * position
        # One set of parameters a direction of time. B starts as a rotation: nothing vanishes, nothing explodes.
        self.drive = nn.Parameter(0.1 * torch.randn(2, operators, size, size) / size**0.5)
        self.recurrence = nn.Parameter(torch.linalg.qr(torch.randn(2, operators, size, size))[0].contiguous())
        self.bias = nn.Parameter(torch.zeros(2, operators, size))

    def forward(self, state: Tensor, first: int, last: int) -> Tensor:
        with torch.autocast(state.device.type, enabled=False):
            back, forth = self._roll(state.float(), 1, -first), self._roll(state.float(), 0, last)
        return torch.stack([*reversed(back), state.float(), *forth], dim=1)

    def _roll(self, state: Tensor, direction: int, steps: int) -> list[Tensor]:
        """The states after 1..steps frames of one direction of time."""
        driven = torch.einsum("kij,bkj->bki", self.drive[direction], state) + self.bias[direction]
        path, hidden = [], state
        for _ in range(steps):
            hidden = self.activate(driven + torch.einsum("kij,bkj->bki", self.recurrence[direction], hidden))
            path.append(hidden)
        return path

    def activate(self, hidden: Tensor) -> Tensor:
        return hidden
