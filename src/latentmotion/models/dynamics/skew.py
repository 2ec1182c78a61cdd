"""Symplectic orthogonal operators: Hamiltonian matrices that are also skew-symmetric (HALO, sections 3 and 4.1)."""

from torch import Tensor

from latentmotion.models.dynamics.hamiltonian import Hamiltonian


class SkewHamiltonian(Hamiltonian):
    """H_k = J M_k with M_k symmetric and J M_k = M_k J: then H_k^T = -H_k, and the flow is a rotation.

    exp(tau H_k) is symplectic and orthogonal: it keeps the energy and the length of a state, and no mode can grow.
    M_k = [[A, -S], [S, A]] with A symmetric and S skew-symmetric has d² independent elements. The paper counts
    (d² - d) / 2, and the public code keeps A alone; neither is the whole of the group that the paper names.
    """

    def symmetric(self) -> Tensor:
        """M_k, (K, 2d, 2d): the part of a symmetric matrix that commutes with J."""
        free = super().symmetric()
        return 0.5 * (free + self.j.mT @ free @ self.j)
