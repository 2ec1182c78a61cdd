"""Diagonal Gaussians: reparametrised samples and Kullback-Leibler divergences. All arithmetic is float32."""

import torch
from torch import Tensor, nn

from latentmotion.core.parallel_random import normal_like


class GaussianHead(nn.Module):
    """Features -> mean and log variance, two linear maps.

    Arguments:
        start: the log variance that training starts from. A posterior that starts as wide as the prior hides what its
            mean says until the decoder has learnt to look for it; -4 lets it speak at once.
    """

    def __init__(self, inputs: int, outputs: int, start: float = 0.0):
        super().__init__()
        self.mean = nn.Linear(inputs, outputs)
        self.log_variance = nn.Linear(inputs, outputs)
        nn.init.constant_(self.log_variance.bias, start)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        # Below -10 a posterior is a point; above 10 a bfloat16 step could overflow the exponential.
        return self.mean(features).float(), self.log_variance(features).float().clamp(-10, 10)


def sample(mean: Tensor, log_variance: Tensor) -> Tensor:
    """mu + sigma * epsilon (Kingma and Welling, 2013)."""
    return mean + torch.exp(0.5 * log_variance) * normal_like(mean)


def kl_standard(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(N(mu, sigma²) || N(0, 1)), elementwise, in nats."""
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance)


def kl(mean: Tensor, log_variance: Tensor, prior_mean: Tensor, prior_log_variance: Tensor) -> Tensor:
    """KL(N(mu, sigma²) || N(mu_0, sigma_0²)), elementwise, in nats."""
    ratio = torch.exp(log_variance - prior_log_variance)
    distance = (mean - prior_mean).square() / prior_log_variance.exp()
    return 0.5 * (ratio + distance - 1 - log_variance + prior_log_variance)
