"""Lagrange multipliers of constrained training, as GECO has them (Rezende and Viola, 2018, algorithm 1).

Minimise a loss subject to E[C] <= 0: the networks descend loss + lambda C, and after each of their steps

    C_ma <- alpha C_ma + (1 - alpha) C,    lambda <- lambda exp(rate C_ma)

so that lambda rises while the constraint is violated and falls while it is met.
"""

import torch
from torch import Tensor, distributed, nn

from latentmotion.core import parallel

SMALLEST, LARGEST = 1e-10, 1e10  # values of lambda


class Multiplier(nn.Module):
    """Lambda and its moving average, both in the state dict, so that a resumed training goes on with them.

    Arguments:
        rate: of lambda. C is not scaled, so a small violation needs a high rate.
        average: alpha; the average begins with the first C.
        largest: the bound of lambda from above. A network meets the constraint only after many steps, in which a lambda
            without a bound grows so much that it does not come down again within a short training.
    """

    def __init__(self, rate: float, average: float, largest: float = LARGEST):
        super().__init__()
        self.rate, self.average, self.largest = rate, average, largest
        self.register_buffer("value", torch.ones(()))
        self.register_buffer("violation", torch.zeros(()))  # C_ma
        self.register_buffer("updates", torch.zeros((), dtype=torch.long))

    def forward(self, violation: Tensor) -> Tensor:
        """lambda C, for the loss."""
        return self.value * violation

    @torch.no_grad()
    def update(self, violation: Tensor) -> None:
        """To be called with C after the networks' step; the mean of C over all processes counts."""
        if parallel.processes() > 1:
            violation = violation.clone()
            distributed.all_reduce(violation)
            violation /= parallel.processes()
        past = self.average * (self.updates > 0)
        self.violation.lerp_(violation.to(self.violation.dtype), 1 - past)
        self.value.mul_(torch.exp(self.rate * self.violation)).clamp_(SMALLEST, self.largest)
        self.updates += 1
