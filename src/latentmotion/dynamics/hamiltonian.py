"""Linear Hamiltonian operators acting on a block-diagonal phase space (HALO, section 3, equation 5)."""

import math

import torch
from torch import Tensor, nn


class Hamiltonian(nn.Module):
    """K operators H_k = J M_k with M_k symmetric; the flow over time tau is exp(tau H_k), a symplectic matrix.

    J = [[0, I], [-I, 0]] and a state is s = (q, p) in R^2d. The energy s^T M_k s / 2 is constant along the flow, which
    is linear, reversible (exp(-tau H) undoes exp(tau H)) and volume-preserving. It is not orthogonal: that holds only
    when H is also skew-symmetric.

    The paper writes H^T J H = J as the definition of a Hamiltonian matrix; that is a symplectic one. What it uses, and
    what is meant here, is J H = (J H)^T.

    Arguments:
        operators: K.
        position: d, the dimension of q in one subspace.
    """

    def __init__(self, operators: int, position: int):
        super().__init__()
        self.position = position
        # Positive definite at the start: every mode oscillates, with periods from about 4 to 16 frames, and none grows.
        frequency = torch.linspace(2 * math.pi / 16, 2 * math.pi / 4, position).repeat(2)
        noise = 0.02 * torch.randn(operators, 2 * position, 2 * position)
        self.weight = nn.Parameter(torch.diag_embed(frequency.expand(operators, -1)) + noise)
        j = torch.zeros(2 * position, 2 * position)
        j[:position, position:] = torch.eye(position)
        j[position:, :position] = -torch.eye(position)
        self.register_buffer("j", j, persistent=False)

    def symmetric(self) -> Tensor:
        """M_k, (K, 2d, 2d)."""
        return 0.5 * (self.weight + self.weight.mT)

    def matrices(self) -> Tensor:
        """H_k = J M_k, (K, 2d, 2d)."""
        return self.j @ self.symmetric()

    def flow(self, times: Tensor) -> Tensor:
        """exp(tau H_k) for each tau of `times` (T,): (T, K, 2d, 2d), always in float32."""
        with torch.autocast(times.device.type, enabled=False):
            return torch.linalg.matrix_exp(times.float()[:, None, None, None] * self.matrices().float())

    def forward(self, state: Tensor, times: Tensor) -> Tensor:
        """States (B, K, 2d) at time 0 -> trajectories (B, T, K, 2d) at `times` (T,), which may be negative."""
        with torch.autocast(times.device.type, enabled=False):
            return torch.einsum("tkij,bkj->btki", self.flow(times), state.float())

    def energy(self, state: Tensor) -> Tensor:
        """s^T M_k s / 2 of states (..., K, 2d): (..., K)."""
        return 0.5 * torch.einsum("...ki,kij,...kj->...k", state, self.symmetric(), state)
