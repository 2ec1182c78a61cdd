"""Symplectic orthogonal operators: Hamiltonian matrices that are also skew-symmetric (HALO, sections 3 and 4.1)."""

from torch import Tensor

from latentmotion.models.dynamics.hamiltonian import Hamiltonian


class SkewHamiltonian(Hamiltonian):
    """Operators H_k = J M_k with symmetric M_k and J M_k = M_k J. Then H_k^T = -H_k, and the flow is a rotation.

    exp(tau H_k) is symplectic and orthogonal, so it keeps the energy and the length of a state, and no mode can grow.
    M_k = [[A, -S], [S, A]] with symmetric A and skew-symmetric S has d² independent elements. The paper counts
    (d² - d) / 2, and the public code keeps only A. Neither of these is the whole group that the paper names.

    A normal prior at every time is consistent only with an orthogonal flow. As training draws its reference frame at
    random, this restricted operator fits the prior of equation 1 better than the general one.
    """

    def symmetric(self) -> Tensor:
        """Returns all M_k as (K, 2d, 2d), the parts of symmetric matrices that commute with J."""
        free = super().symmetric()
        return 0.5 * (free + self.j.mT @ free @ self.j)
