"""Linear dynamics, driven by sampled states (HALO, supplement 3.3, equation 12)."""

import torch
from torch import Tensor, nn

from latentmotion.models.dynamics import Dynamics


class Linear(Dynamics):
    """K affine recurrences h_t = A_k s_{t-1} + B_k h_{t-1} + b_k, with h_0 = s_0.

    Equation 12 does not say which s drives a step, nor what a step is driven by when no frame is there to infer s from.
    There are two readings:

    - By default, s is the one state that inference gives (equation 6), and it drives every step. A path is then a
      function of one state, as in the Hamiltonian.
    - `framewise`: s_{t-1} is the state that is inferred from frame t - 1. Where no such frame is known, as when one
      frame is continued, s is zero, the mean of its prior. A model then learns from driven paths and generates
      undriven ones, as the public code does.

    An affine map need not have an inverse, so the way back in time, which training needs from its random reference
    frame, has parameters of its own, and the state of the frame after drives it. Nothing makes the two directions undo
    each other, and how far they do is measured.

    The public code multiplies the three terms; with its zero start the result and every gradient are zero. Here they
    are added, as the paper writes.

    Arguments:
        operators: K.
        position: d. A state has 2d numbers, as in the Hamiltonian.
        framewise: The dynamics follow the second reading.
        sees_all: The decoder sees all 2d numbers of h. Otherwise it sees the first d, as many as of a Hamiltonian.
    """

    def __init__(self, operators: int, position: int, framewise: bool = False, sees_all: bool = True):
        super().__init__()
        self.instant = self.windowed = position
        self.framewise = framewise
        size = 2 * position
        self.visible = size if sees_all else position
        # Each direction of time has its own parameters. B starts as a rotation, so that states keep their size.
        self.drive = nn.Parameter(0.1 * torch.randn(2, operators, size, size) / size**0.5)
        self.recurrence = nn.Parameter(torch.linalg.qr(torch.randn(2, operators, size, size))[0].contiguous())
        self.bias = nn.Parameter(torch.zeros(2, operators, size))

    def forward(self, state: Tensor, first: int, last: int, known: Tensor | None = None) -> Tensor:
        """Rolls a state out as the base class describes.

        Arguments:
            known: Only for framewise dynamics, the states (B, last - first + 1, K, 2d) inferred from frames first to
                last, which are zero where no frame is known. Without them, only the state at time 0 is known.
        """
        state = state.float()
        with torch.autocast(state.device.type, enabled=False):
            if not self.framewise:
                before = after = [state] * max(last, -first)
            elif known is None:
                before = after = [state] + [torch.zeros_like(state)] * max(last - 1, -first - 1)
            else:
                frames = known.float().unbind(1)
                before, after = frames[-first:], frames[-first::-1]
            back, forth = self._roll(state, 1, after[:-first]), self._roll(state, 0, before[:last])
        return torch.stack([*reversed(back), state, *forth], dim=1)

    def _roll(self, state: Tensor, direction: int, driving: list[Tensor] | tuple[Tensor, ...]) -> list[Tensor]:
        """Returns the states after 1, 2, ... steps in one direction of time, one step for each driving state."""
        path, hidden, drive = [], state, None
        for following in driving:
            if following is not drive:
                drive = following
                driven = torch.einsum("kij,bkj->bki", self.drive[direction], drive) + self.bias[direction]
            hidden = self.activate(driven + torch.einsum("kij,bkj->bki", self.recurrence[direction], hidden))
            path.append(hidden)
        return path

    def activate(self, hidden: Tensor) -> Tensor:
        """Returns what becomes of the sum of the three terms: here the sum itself."""
        return hidden
