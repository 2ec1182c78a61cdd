"""Learned Hamiltonians H(q, p), separable or not, and their motion: dq/dt = dH/dp, dp/dt = -dH/dq.

The integrator is the generalised leapfrog (Hairer, Lubich and Wanner, Geometric Numerical Integration, VI.3) of step h:

    p' = p - h/2 dH/dq(q, p'),    q <- q + h/2 (dH/dp(q, p') + dH/dp(q_new, p')),    p <- p' - h/2 dH/dq(q_new, p')

It is symplectic and a step of -h undoes it, but its first two lines are implicit. They are solved by a fixed number of
fixed-point iterations. One is the explicit leapfrog, which public code of this field applies to any H: where H is
separable, K(p) + U(q), it is exact; where H is not, it is of first order, neither symplectic nor reversible. Two are of
second order, and every further iteration takes both defects down by a factor of the order of h.

Everything runs in float32 at least, whatever autocast says, and can be differentiated twice.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from latentmotion.models.dynamics.leapfrog import Energy, gradient, leapfrog

TwoStateEnergy = Callable[[Tensor, Tensor], Tensor]  # q and p (B, ...) each -> (B,)


class LearnedHamiltonian(nn.Module):
    """Any H that maps positions and momenta (B, ...) to energies (B,); smooth, as training needs second derivatives.

    Arguments:
        energy: H; where it is a module its parameters are this one's.
        iterations: of each implicit line; 1: the explicit leapfrog.
    """

    def __init__(self, energy: TwoStateEnergy, iterations: int = 1):
        super().__init__()
        self.energy, self.iterations = energy, iterations

    def forward(self, q: Tensor, p: Tensor) -> Tensor:
        """H, (B,)."""
        return self.energy(q, p)

    def slope(self, q: Tensor, p: Tensor) -> Tensor:
        """dH/dq, in the shape of q: -dp/dt."""
        # At an alias: along a path p depends on q, and that dependence is no part of the partial derivative.
        return gradient(lambda x: self.energy(x, p), q.view_as(q))

    def velocity(self, q: Tensor, p: Tensor) -> Tensor:
        """dH/dp, in the shape of p: dq/dt."""
        return gradient(lambda x: self.energy(q, x), p.view_as(p))

    def roll_out(self, q: Tensor, p: Tensor, count: int, step: float, dt: float) -> tuple[Tensor, Tensor]:
        """Positions and momenta (B, count, ...) at the times 0, step, ..., (count - 1) step, in frames.

        A step is divided into the fewest equal leapfrog steps that are not longer than one frame: 1 is one of h = dt, 2
        is two of them, 0.5 is one of dt / 2, which is more accurate than whole frames are. Negative: backwards in time.

        Arguments:
            q, p: (B, ...), at time 0.
            dt: of one frame, in the time of Hamilton's equations.
        """
        parts = max(1, math.ceil(abs(step) - 1e-9))
        with torch.autocast(q.device.type, enabled=False):
            q, p = (x.to(torch.promote_types(x.dtype, torch.float32)) for x in (q, p))
            positions, momenta = self.integrate(q, p, step * dt / parts, (count - 1) * parts)
        return positions[::parts].transpose(0, 1), momenta[::parts].transpose(0, 1)

    def integrate(self, q: Tensor, p: Tensor, h: float, steps: int) -> tuple[Tensor, Tensor]:
        """States after 0 to `steps` leapfrog steps: positions and momenta (steps + 1, B, ...)."""
        path = [(q, p)]
        for _ in range(steps):
            half = p
            for _ in range(self.iterations):
                half = p - 0.5 * h * self.slope(q, half)
            start = self.velocity(q, half)
            moved = q + h * start
            for _ in range(self.iterations - 1):
                moved = q + 0.5 * h * (start + self.velocity(moved, half))
            q, p = moved, half - 0.5 * h * self.slope(moved, half)
            path.append((q, p))
        positions, momenta = zip(*path, strict=True)
        return torch.stack(positions), torch.stack(momenta)


class SeparableHamiltonian(LearnedHamiltonian):
    """H(q, p) = K(p) + U(q), softplus networks of vectors, K(p) = K(-p): the leapfrog is explicit and exact.

    As in symplectic recurrent networks (Chen et al., 2019). Slopes are in closed form, and a step takes two of them.
    """

    def __init__(self, size: int, hidden: int):
        super().__init__(Sum(size, hidden))

    def slope(self, q: Tensor, p: Tensor) -> Tensor:
        return self.energy.potential.slope(q)

    def velocity(self, q: Tensor, p: Tensor) -> Tensor:
        return self.energy.kinetic.slope(p)

    def integrate(self, q: Tensor, p: Tensor, h: float, steps: int) -> tuple[Tensor, Tensor]:
        return leapfrog(q, p, self.energy.kinetic.slope, self.energy.potential.slope, h, steps)


class Sum(nn.Module):
    """K(p) + U(q) of vectors (..., size)."""

    def __init__(self, size: int, hidden: int):
        super().__init__()
        self.kinetic, self.potential = Even(size, hidden), Energy(size, hidden)

    def forward(self, q: Tensor, p: Tensor) -> Tensor:
        return self.kinetic(p) + self.potential(q)


class Even(nn.Module):
    """(E(x) + E(-x)) / 2 of a softplus network E of vectors (..., size)."""

    def __init__(self, size: int, hidden: int):
        super().__init__()
        self.side = Energy(size, hidden)

    def forward(self, x: Tensor) -> Tensor:
        return self.side(torch.stack([x, -x])).mean(0)

    def slope(self, x: Tensor) -> Tensor:
        ahead, behind = self.side.slope(torch.stack([x, -x]))
        return (ahead - behind) / 2


class Joint(nn.Module):
    """E([q, p]) of vectors (..., size), one softplus network: the energy of a Hamiltonian that is not separable."""

    def __init__(self, size: int, hidden: int):
        super().__init__()
        self.joint = Energy(2 * size, hidden)

    def forward(self, q: Tensor, p: Tensor) -> Tensor:
        return self.joint(torch.cat([q, p], dim=-1))


@torch.no_grad()
def start_as_well(energy: Energy, curvature: float) -> None:
    """Gives a network weights with which it is a well, about curvature |x|^2 / 2 near the origin and flatter far out.

    With the usual small weights an energy is next to linear: its force is weak and everywhere the same, so that all
    states would at first move alike. Units of the first layer come in pairs +a, -a, whose softplus add up to an even
    function; the second averages them, with its usual weights as noise that tells its units apart. At the origin the
    derivatives of the two softplus are 2/3 and, the second one of the inner, 1/4: c/h sum_j has curvature c / 6.
    """
    hidden, pairs = energy.first.out_features, energy.first.out_features // 2
    directions = torch.randn(pairs, energy.first.in_features)
    energy.first.weight[: 2 * pairs] = torch.cat([directions, -directions])
    energy.first.bias.zero_()
    energy.second.weight += 1 / hidden
    energy.last.weight.fill_(6 * curvature / hidden)
