"""Densities that flows start from. All numbers of a state are independent and have the same density, and exact samples
are made from normal noise."""

import math

import torch
from torch import Tensor


class Normal:
    """N(s; 0, I), which is invariant under rotation."""

    invariant = True

    def log_density(self, s: Tensor) -> Tensor:
        """(..., n) -> (...), in nats."""
        return -0.5 * (s.square() + math.log(2 * math.pi)).sum(-1)

    def sample(self, noise: Tensor) -> Tensor:
        """Standard normal numbers -> as many numbers of this density."""
        return noise


class SoftUniform:
    """pi(s; sigma, beta) = f(beta (s + sigma/2)) f(-beta (s - sigma/2)) / Z for each number, f the logistic function.

    (Rezende et al., 2019, footnote 6.) The density is flat over a width of sigma, and its edges are 1/beta wide. From
    f(a) f(b) = (f(a) + f(b) - 1) / (1 - exp(-a - b)) follow Z = sigma / (1 - exp(-beta sigma)) and the distribution
    function log((1 + exp(beta (s + sigma/2))) / (1 + exp(beta (s - sigma/2)))) / (beta sigma), which has an inverse.
    """

    invariant = False

    def __init__(self, sigma: float, beta: float):
        self.sigma, self.beta = sigma, beta
        self.log_z = math.log(sigma) - math.log1p(-math.exp(-beta * sigma))

    def log_density(self, s: Tensor) -> Tensor:
        """(..., n) -> (...), in nats."""
        edge = torch.nn.functional.logsigmoid
        inside = edge(self.beta * (s + self.sigma / 2)) + edge(-self.beta * (s - self.sigma / 2))
        return (inside - self.log_z).sum(-1)

    def sample(self, noise: Tensor) -> Tensor:
        """Standard normal numbers -> as many numbers of this density."""
        span = self.beta * self.sigma
        u = torch.special.ndtr(noise.double())
        rise = torch.log(torch.expm1(span * u)) - torch.log(-torch.expm1(span * (u - 1)))
        return ((rise - span / 2) / self.beta).to(noise.dtype)
