"""Learnt Hamiltonians in the place of linear operators: is linear motion enough? (HALO, section 3)

The paper takes it that linear motion in the latent space loses next to nothing, because the decoder takes up what is
not linear. This dynamics has the same states, with an energy of its own for each action.
"""

import math

import torch
from torch import Tensor, nn

from latentmotion.models.dynamics import Dynamics
from latentmotion.models.dynamics.leapfrog import Energy
from latentmotion.models.dynamics.learned_hamiltonian import SeparableHamiltonian, start_as_well

HIDDEN = 64  # units of the two layers of each energy
STEPS = 4  # leapfrog steps of a frame


class Nonlinear(Dynamics):
    """K energies H_k(q, p) = K_k(p) + U_k(q), each integrated by the leapfrog, forwards and backwards.

    The flow is symplectic and reversible, as that of the linear operators is, and its energy drifts by the error of the
    leapfrog. All energies start as wells in which a state turns once in a training sequence.

    Arguments:
        operators: K.
        position: d, the dimension of q in one subspace.
        frames: T, the length of a training sequence.
        sees_momentum: The decoder sees (q, p) instead of q alone.
    """

    def __init__(self, operators: int, position: int, frames: int, sees_momentum: bool = False):
        super().__init__()
        self.instant = self.windowed = self.position = position
        self.visible = 2 * position if sees_momentum else position
        self.hamiltonians = nn.ModuleList(SeparableHamiltonian(position, HIDDEN) for _ in range(operators))
        for module in self.hamiltonians.modules():
            if isinstance(module, Energy):
                start_as_well(module, 2 * math.pi / frames)

    def forward(self, state: Tensor, first: int, last: int) -> Tensor:
        state = state.float()
        path = state.new_zeros(len(state), last - first + 1, *state.shape[1:])
        with torch.autocast(state.device.type, enabled=False):
            for k, hamiltonian in enumerate(self.hamiltonians):
                # In a conditional model each state moves in one subspace alone, so the others need no integration.
                moving = (state[:, k] != 0).any(-1).nonzero().squeeze(1)
                if len(moving):
                    path[moving, :, k] = self._rolled(hamiltonian, state[moving, k], first, last)
        return path

    def _rolled(self, hamiltonian: SeparableHamiltonian, state: Tensor, first: int, last: int) -> Tensor:
        """The states (B, last - first + 1, 2d) through the states (B, 2d) at time 0."""
        q, p = state.split(self.position, dim=-1)
        back, forth = (
            torch.cat(hamiltonian.integrate(q, p, way / STEPS, STEPS * count), dim=-1)[::STEPS]
            for way, count in ((-1.0, -first), (1.0, last))
        )
        return torch.cat([back.flip(0)[:-1], forth]).transpose(0, 1)

    def energies(self, states: Tensor) -> dict[str, Tensor]:
        """Energies (..., K) of states (..., K, 2d); those of a subspace at rest are 0.

        The zero of an energy is its value at q = 0, p = 0, so that a subspace that does not move has none.
        """
        q, p = states.split(self.position, dim=-1)
        nothing = torch.zeros_like(q[..., 0, :])
        kinetic, potential = (
            torch.stack([energy(part[..., k, :]) - energy(nothing) for k, energy in enumerate(energies)], dim=-1)
            for part, energies in (
                (p, [hamiltonian.energy.kinetic for hamiltonian in self.hamiltonians]),
                (q, [hamiltonian.energy.potential for hamiltonian in self.hamiltonians]),
            )
        )
        total = kinetic + potential
        return {"total": total, "kinetic": kinetic, "potential": potential, "nonseparable": torch.zeros_like(total)}
