"""A Hamiltonian of feature maps: H(q, p) of states with space in them, q and p (B, C, S, S) each, by convolutions.

It is not separable, so that the explicit leapfrog, of one iteration, is of first order and neither symplectic nor
reversible; two iterations are of second order, and more come nearer to both (dynamics/learned_hamiltonian.py).

Softplus, because training needs second derivatives. These come from slopes that are written out by the chain rule: a
training step then differentiates once, which is cheaper than to differentiate autograd's own backward pass, and does no
work for the half of the state that is not asked for.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from latentmotion.models.dynamics.learned_hamiltonian import LearnedHamiltonian

BEYOND = 0, 1, 0, 1  # zeros to the right and below: a 2x2 kernel then keeps the size of a map


class ConvolutionalEnergy(nn.Module):
    """H(q, p), (B,): convolutions of width/2 (3x3), width (2x2, stride 2), width, width (2x2) and 1 channel.

    The last one covers the whole map and has no bias: a constant exerts no force.

    Arguments:
        channels: C of q, and of p.
        side: S, even.
    """

    def __init__(self, channels: int, side: int, width: int):
        super().__init__()
        self.channels = channels
        self.first = nn.Conv2d(2 * channels, width // 2, 3, padding=1)
        self.second = nn.Conv2d(width // 2, width, 2, stride=2)
        self.third, self.fourth = (nn.Conv2d(width, width, 2) for _ in range(2))
        self.last = nn.Conv2d(width, 1, side // 2, bias=False)
        # With the usual small weights H is so flat that nothing moves; softplus halves what passes, at zero.
        for layer in self.children():
            nn.init.normal_(layer.weight, std=2 / layer.weight[0].numel() ** 0.5)

    def forward(self, q: Tensor, p: Tensor) -> Tensor:
        return self.last(functional.softplus(self._layers(q, p)[-1])).flatten()

    def slope(self, q: Tensor, p: Tensor) -> Tensor:
        """dH/dq, in the shape of q."""
        return self._back(q, p, self.first.weight[:, : self.channels])

    def velocity(self, q: Tensor, p: Tensor) -> Tensor:
        """dH/dp, in the shape of p."""
        return self._back(q, p, self.first.weight[:, self.channels :])

    def _layers(self, q: Tensor, p: Tensor) -> list[Tensor]:
        """What the softplus of each layer is applied to."""
        layers = [self.first(torch.cat([q, p], dim=1))]
        layers.append(self.second(functional.softplus(layers[-1])))
        for layer in (self.third, self.fourth):
            layers.append(layer(functional.pad(functional.softplus(layers[-1]), BEYOND)))
        return layers

    def _back(self, q: Tensor, p: Tensor, first: Tensor) -> Tensor:
        """dH by that half of the state whose weights in the first layer are given."""
        one, two, three, four = (layer.sigmoid() for layer in self._layers(q, p))
        back = self.last.weight * four
        back = functional.conv_transpose2d(back, self.fourth.weight)[..., :-1, :-1] * three
        back = functional.conv_transpose2d(back, self.third.weight)[..., :-1, :-1] * two
        back = functional.conv_transpose2d(back, self.second.weight, stride=2) * one
        return functional.conv_transpose2d(back, first, padding=1)


class ConvolutionalHamiltonian(LearnedHamiltonian):
    """`ConvolutionalEnergy` and its motion by the leapfrog, 2 iterations + 1 slopes a step."""

    def __init__(self, channels: int, side: int, width: int, iterations: int = 1):
        super().__init__(ConvolutionalEnergy(channels, side, width), iterations)

    def slope(self, q: Tensor, p: Tensor) -> Tensor:
        return self.energy.slope(q, p)

    def velocity(self, q: Tensor, p: Tensor) -> Tensor:
        return self.energy.velocity(q, p)
