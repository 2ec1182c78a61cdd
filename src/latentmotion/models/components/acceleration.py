"""A Bayesian neural network for the acceleration of a latent state (Yildiz et al., 2019)."""

import torch
from torch import Tensor, nn


class Acceleration(nn.Module):
    """f_W(s, v), which maps position and velocity (B, q) to acceleration (B, q) with two hidden layers of ReLU units.

    Weights and biases W have the prior N(0, I) and the posterior N(m, lambda² I), with the same lambda for all of them.
    """

    def __init__(self, position: int, hidden: int):
        super().__init__()
        sizes = ((hidden, 2 * position), (hidden, hidden), (position, hidden))
        self.weight = nn.ParameterList([nn.init.xavier_uniform_(torch.empty(size)) for size in sizes])
        self.bias = nn.ParameterList([torch.zeros(size[0]) for size in sizes])
        self.log_variance = nn.Parameter(torch.tensor(1e-4).log())

    def draw(self) -> "Drawn":
        """Draws one W from the posterior and returns its f."""
        scale = torch.exp(0.5 * self.log_variance)
        return Drawn(*([m + scale * torch.randn_like(m) for m in part] for part in (self.weight, self.bias)))

    def mean(self) -> "Drawn":
        """Returns f of W = m."""
        return Drawn(list(self.weight), list(self.bias))

    def size(self) -> int:
        return sum(parameter.numel() for parameter in (*self.weight, *self.bias))

    def divergence(self) -> Tensor:
        """Returns the scalar KL(q(W) || N(0, I))."""
        square = sum(parameter.square().sum() for parameter in (*self.weight, *self.bias))
        return 0.5 * (square + self.size() * (self.log_variance.exp() - 1 - self.log_variance))


class Drawn:
    """f with given weights and biases."""

    def __init__(self, weight: list[Tensor], bias: list[Tensor]):
        self.weight, self.bias = weight, bias

    def __call__(self, s: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Returns f(s, v) (B, q) and the trace of df/dv (B,), which for two hidden layers is a bilinear form:

            tr(W3 D2 W2 D1 W1v) = d2^T (W2 o (W1v W3)^T) d1

        Here W1v holds the columns of W1 that multiply v, and d1 and d2 are the slopes (0 or 1) of the hidden units.
        """
        first = nn.functional.linear(torch.cat([s, v], dim=1), self.weight[0], self.bias[0])
        second = nn.functional.linear(first.relu(), self.weight[1], self.bias[1])
        form = self.weight[1] * (self.weight[0][:, s.shape[1] :] @ self.weight[2]).T
        trace = ((second > 0).to(s.dtype) @ form * (first > 0)).sum(1)
        return nn.functional.linear(second.relu(), self.weight[2], self.bias[2]), trace
