"""Leapfrog integration of separable Hamiltonians H(q, p) = K(p) + U(q), whose energies may be learnt.

One step of size dt is half a kick, a drift and half a kick (Neal, 2011, section 5.2.3.3):

    p <- p - dt/2 dU/dq(q),    q <- q + dt dK/dp(p),    p <- p - dt/2 dU/dq(q)

Each of the three operations is a shear of the phase space. A step therefore has the Jacobian determinant 1 for any
dt > 0, and a step of -dt reverses it. Two half kicks that follow each other use the same force, so that n steps need n
drifts and n + 1 forces.
"""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor, nn

Slope = Callable[[Tensor], Tensor]  # the gradient of an energy, (..., d) -> (..., d)


def leapfrog(q: Tensor, p: Tensor, velocity: Slope, slope: Slope, dt: float, steps: int) -> tuple[Tensor, Tensor]:
    """States after 0 to `steps` steps: q and p, (steps + 1, ..., d) each. Backwards in time where dt is negative.

    Arguments:
        q, p: (..., d).
        velocity: dK/dp of p.
        slope: dU/dq of q; the force is its negative.
    """
    path, push = [(q, p)], slope(q)
    for _ in range(steps):
        half = p - 0.5 * dt * push
        q = q + dt * velocity(half)
        push = slope(q)
        p = half - 0.5 * dt * push
        path.append((q, p))
    positions, momenta = zip(*path, strict=True)
    return torch.stack(positions), torch.stack(momenta)


def gradient(energy: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """dE/dx of any energy (..., d) -> (...), by autograd; it can itself be differentiated where grad mode is on."""
    keep = torch.is_grad_enabled()
    with torch.enable_grad():
        given = x if x.requires_grad else x.detach().requires_grad_()
        (slope,) = torch.autograd.grad(energy(given).sum(), given, create_graph=keep)
    return slope


class Energy(nn.Module):
    """A scalar E(x) = w3 . f(W2 f(W1 x + b1) + b2): layers [d, hidden, hidden, 1].

    No bias is added last: a constant exerts no force. f is softplus, because training needs second derivatives, or, to
    test that reason, ReLU, whose force is constant between edges. It has no gradient with respect to b1 and b2, which
    are therefore not learnt with ReLU.
    """

    def __init__(self, size: int, hidden: int, activation: Literal["softplus", "relu"] = "softplus"):
        super().__init__()
        self.smooth = activation == "softplus"
        self.first, self.second = nn.Linear(size, hidden), nn.Linear(hidden, hidden)
        self.last = nn.Linear(hidden, 1, bias=False)
        for layer in (self.first, self.second):
            layer.bias.requires_grad_(self.smooth)

    def forward(self, x: Tensor) -> Tensor:
        """(..., d) -> (...)."""
        return self.last(self._bent(self.second(self._bent(self.first(x))))).squeeze(-1)

    def slope(self, x: Tensor) -> Tensor:
        """dE/dx (..., d), in closed form, as the chain rule has it: half the cost of a second backward pass."""
        inner = self.first(x)
        outer = self.second(self._bent(inner))
        back = (self.last.weight[0] * self._rise(outer)) @ self.second.weight
        return (back * self._rise(inner)) @ self.first.weight

    def _bent(self, x: Tensor) -> Tensor:
        return nn.functional.softplus(x) if self.smooth else x.relu()

    def _rise(self, x: Tensor) -> Tensor:
        """The derivative of f."""
        return x.sigmoid() if self.smooth else (x > 0).to(x.dtype)
