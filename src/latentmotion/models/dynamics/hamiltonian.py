"""Linear Hamiltonian operators acting on a block-diagonal phase space (HALO, section 3, equation 5)."""

import math

import torch
from torch import Tensor, nn

from latentmotion.models.dynamics import Dynamics


class Hamiltonian(Dynamics):
    """K operators H_k = J M_k with M_k symmetric; the flow over time tau is exp(tau H_k), a symplectic matrix.

    J = [[0, I], [-I, 0]] and a state is s = (q, p) in R^2d. The energy s^T M_k s / 2 is constant along the flow, which
    is linear, reversible (exp(-tau H) undoes exp(tau H)) and volume-preserving. It is not orthogonal: that holds only
    when H is also skew-symmetric (skew.py).

    The paper writes H^T J H = J as the definition of a Hamiltonian matrix; that is a symplectic one. What it uses, and
    what is meant here, is J H = (J H)^T.

    Arguments:
        operators: K.
        position: d, the dimension of q in one subspace.
        frames: T, of a training sequence; decides only where the periods start.
        definite: M_k = W_k W_k^T, so that every mode oscillates. The paper asks of M_k only that it is symmetric; the
            modes of an indefinite one grow as exp(tau), which training sees for as long as its sequences are.
        sees_momentum: the decoder sees (q, p) instead of q alone, which is not the paper's equation 4.
    """

    def __init__(self, operators: int, position: int, frames: int, definite: bool = False, sees_momentum: bool = False):
        super().__init__()
        self.definite = definite
        self.instant = self.windowed = self.position = position
        self.visible = 2 * position if sees_momentum else position
        # Positive definite at the start: every mode oscillates and none grows. Periods are those of the harmonics of a
        # training sequence, T, T/2, T/3 ... down to 2 frames.
        frequency = 2 * math.pi / frames * (1 + torch.arange(position) % (frames // 2)).repeat(2)
        noise = 0.02 * torch.randn(operators, 2 * position, 2 * position)
        start = torch.diag_embed(frequency.expand(operators, -1))
        self.weight = nn.Parameter((start.sqrt() if definite else start) + noise)
        j = torch.zeros(2 * position, 2 * position)
        j[:position, position:] = torch.eye(position)
        j[position:, :position] = -torch.eye(position)
        self.register_buffer("j", j, persistent=False)

    def symmetric(self) -> Tensor:
        """M_k, (K, 2d, 2d)."""
        return self.weight @ self.weight.mT if self.definite else 0.5 * (self.weight + self.weight.mT)

    def matrices(self) -> Tensor:
        """H_k = J M_k, (K, 2d, 2d)."""
        return self.j @ self.symmetric()

    def flow(self, times: Tensor) -> Tensor:
        """exp(tau H_k) for each tau of `times` (T,): (T, K, 2d, 2d) float64, exact over hundreds of frames."""
        with torch.autocast(times.device.type, enabled=False):
            return torch.linalg.matrix_exp(times.double()[:, None, None, None] * self.matrices().double())

    def forward(self, state: Tensor, first: int, last: int) -> Tensor:
        times = torch.arange(first, last + 1, device=state.device)
        with torch.autocast(state.device.type, enabled=False):
            return torch.einsum("tkij,bkj->btki", self.flow(times), state.double()).float()

    def energies(self, states: Tensor) -> dict[str, Tensor]:
        """Of states (..., K, 2d), (..., K) each (HALO, supplement, equations 10 and 11).

        total = s^T M s / 2, which is potential q^T A q / 2 + kinetic p^T C p / 2 + nonseparable q^T B p, where
        M = [[A, B], [B^T, C]]. The paper prints B for B^T and a factor 1/2 for each of the two mixed terms.
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
