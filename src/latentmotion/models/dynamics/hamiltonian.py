"""Linear Hamiltonian operators acting on a block-diagonal phase space (HALO, section 3, equation 5)."""

import math

import torch
from torch import Tensor, nn

from latentmotion.models.dynamics import Dynamics


class Hamiltonian(Dynamics):
    """K operators H_k = J M_k with symmetric M_k. Their flow over the time tau is the symplectic matrix exp(tau H_k).

    J is [[0, I], [-I, 0]] and a state is s = (q, p) in R^2d. The energy s^T M_k s / 2 is constant along the flow. The
    flow is linear, it preserves volume, and it is reversible, because exp(-tau H) undoes exp(tau H). It is orthogonal
    only where H is also skew-symmetric (skew.py).

    The paper defines a Hamiltonian matrix by H^T J H = J, which is the definition of a symplectic matrix. What the
    paper uses, and what is meant here, is J H = (J H)^T.

    Arguments:
        operators: K.
        position: d, the dimension of q in one subspace.
        frames: T, the length of a training sequence. It only decides which periods training starts from.
        definite: M_k is W_k W_k^T, so that every mode oscillates. The paper only asks for a symmetric M_k. If M_k is
            not definite, some modes grow exponentially in time, and training sees that growth only over T frames.
        sees_momentum: The decoder sees (q, p) instead of q alone. That departs from equation 4 of the paper.
        shared: All H_k are one matrix. The subspaces stay apart, so that the state still says which of them moves.
    """

    def __init__(
        self,
        operators: int,
        position: int,
        frames: int,
        definite: bool = False,
        sees_momentum: bool = False,
        shared: bool = False,
    ):
        super().__init__()
        self.definite, self.operators = definite, operators
        self.instant = self.windowed = self.position = position
        self.visible = 2 * position if sees_momentum else position
        # M is positive definite at the start, so that every mode oscillates and none grows. The periods are those of
        # the harmonics of a training sequence: T, T/2, T/3 and so on down to 2 frames.
        frequency = 2 * math.pi / frames * (1 + torch.arange(position) % (frames // 2)).repeat(2)
        matrices = 1 if shared else operators
        noise = 0.02 * torch.randn(matrices, 2 * position, 2 * position)
        start = torch.diag_embed(frequency.expand(matrices, -1))
        self.weight = nn.Parameter((start.sqrt() if definite else start) + noise)
        j = torch.zeros(2 * position, 2 * position)
        j[:position, position:] = torch.eye(position)
        j[position:, :position] = -torch.eye(position)
        self.register_buffer("j", j, persistent=False)

    def symmetric(self) -> Tensor:
        """Returns all M_k as (K, 2d, 2d)."""
        found = self.weight @ self.weight.mT if self.definite else 0.5 * (self.weight + self.weight.mT)
        return found.expand(self.operators, -1, -1)

    def matrices(self) -> Tensor:
        """Returns all H_k = J M_k as (K, 2d, 2d)."""
        return self.j @ self.symmetric()

    def flow(self, times: Tensor) -> Tensor:
        """Returns exp(tau H_k) for each tau of `times` (T,) as (T, K, 2d, 2d) in float64.

        Double precision keeps the flow exact over hundreds of frames.
        """
        with torch.autocast(times.device.type, enabled=False):
            return torch.linalg.matrix_exp(times.double()[:, None, None, None] * self.matrices().double())

    def forward(self, state: Tensor, first: int, last: int) -> Tensor:
        times = torch.arange(first, last + 1, device=state.device)
        with torch.autocast(state.device.type, enabled=False):
            return torch.einsum("tkij,bkj->btki", self.flow(times), state.double()).float()

    def energies(self, states: Tensor) -> dict[str, Tensor]:
        """Returns the energies (..., K) of states (..., K, 2d) by name (HALO, supplement, equations 10 and 11).

        With M = [[A, B], [B^T, C]], the total energy s^T M s / 2 is the sum of the potential energy q^T A q / 2, the
        kinetic energy p^T C p / 2 and the nonseparable term q^T B p. The paper prints B for B^T and gives each of the
        two mixed terms a factor 1/2.
        """
        m, d = self.symmetric().double(), self.position
        q, p = states.double().split(d, dim=-1)

        def form(left: Tensor, matrix: Tensor, right: Tensor) -> Tensor:
            return torch.einsum("...ki,kij,...kj->...k", left, matrix, right)

        potential = 0.5 * form(q, m[:, :d, :d], q)
        kinetic = 0.5 * form(p, m[:, d:, d:], p)
        nonseparable = form(q, m[:, :d, d:], p)
        total = potential + kinetic + nonseparable
        return {"total": total, "kinetic": kinetic, "potential": potential, "nonseparable": nonseparable}
