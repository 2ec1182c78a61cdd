"""How far content codes are from their prior, by a network that learns to tell them apart (R-WAE, sections 3.2, 3.3).

Both networks are perceptrons of 256, 256, 128 and 1 units (appendix G). Each offers `critic_loss`, which the network
itself descends, and `forward`, which the encoder descends; both take codes (B, Z) of the prior and of the posterior.
Gradients of gradients are taken, so neither belongs under reduced precision.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm

from latentmotion.models.components.mmd import mmd2

UNITS = (256, 256, 128)
SCALE = 10.0  # of the squared slope in the scaled MMD


class ScaledMMD(nn.Module):
    """MMD² of f(z) with a scalar f and a kernel of bandwidth 1, over 1 + 10 E|grad f(z)|² (Arbel et al., 2018).

    R-WAE(MMD), appendix D. The slope is that at samples of the prior; f's weights are spectrally normalised.
    """

    def __init__(self, content: int):
        super().__init__()
        # The kernel sees differences of f: its last bias would have no gradient.
        self.feature = _perceptron(content, last_bias=False)
        for layer in self.feature:
            if isinstance(layer, nn.Linear):
                spectral_norm(layer)

    def forward(self, prior: Tensor, posterior: Tensor) -> Tensor:
        value, slope = _slope(self.feature, prior)
        return mmd2(value, self.feature(posterior), (1.0,)) / (1 + SCALE * slope)

    def critic_loss(self, prior: Tensor, posterior: Tensor) -> Tensor:
        return -self(prior, posterior)


class LatentDiscriminator(nn.Module):
    """Tells codes of the prior from codes of the posterior (R-WAE(GAN), equations 23 and 24).

    The encoder's objective is the non-saturating one, -log D, as in WAE-GAN (Tolstikhin et al., 2018). The penalty
    pulls the slope of the logit, on lines between the two samples, to 0; it is not that of WGAN-GP, which pulls to 1.

    Arguments:
        penalty: lambda of equation 24.
    """

    def __init__(self, content: int, penalty: float):
        super().__init__()
        self.penalty = penalty
        self.logit = _perceptron(content)

    def forward(self, prior: Tensor, posterior: Tensor) -> Tensor:
        return functional.softplus(-self.logit(posterior)).mean()

    def critic_loss(self, prior: Tensor, posterior: Tensor) -> Tensor:
        share = torch.rand(len(prior), 1, device=prior.device)
        _, slope = _slope(self.logit, share * prior + (1 - share) * posterior)
        told = functional.softplus(-self.logit(prior)).mean() + functional.softplus(self.logit(posterior)).mean()
        return told + self.penalty * slope


def _perceptron(inputs: int, last_bias: bool = True) -> nn.Sequential:
    layers: list[nn.Module] = []
    for units in UNITS:
        layers += [nn.Linear(inputs, units), nn.LeakyReLU(0.2)]
        inputs = units
    return nn.Sequential(*layers, nn.Linear(inputs, 1, bias=last_bias))


def _slope(network: nn.Module, z: Tensor) -> tuple[Tensor, Tensor]:
    """f(z), (B, 1), and the mean of |grad f|² over the batch, through which the network can learn."""
    z = z.detach().requires_grad_()
    value = network(z)
    (gradient,) = torch.autograd.grad(value.sum(), z, create_graph=True)
    return value, gradient.square().sum(1).mean()
