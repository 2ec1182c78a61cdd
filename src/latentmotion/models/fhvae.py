"""FHVAE: factorised hierarchical variational autoencoder (Hsu, Zhang and Glass, NeurIPS 2017).

A segment x_1:T of utterance i has a code z_2 of what the utterance keeps and a code z_1 of what the segment says:

    mu_2^i ~ N(0, I),   z_2 ~ N(mu_2^i, 0.25 I),   z_1 ~ N(0, I)
    x_t ~ N(mu(h_t), sigma²(h_t)),   h_1:T = LSTM(z_1, z_2)
    q(z_2 | x_1:T) and q(z_1 | x_1:T, z_2) from an LSTM each;   mu_2^i is a parameter

    loss = -E ln p(x | z_1, z_2) + KL(z_1) + KL(z_2 | mu_2^i) - ln p(mu_2^i) / N_i - alpha ln p(i | z_2)

where N_i is the number of segments of the utterance, and p(i | z_2) says which of all utterances the mean of z_2 is of.
The content is z_2. The motion is z_1, the same at every frame. Utterances are the groups of the training split.
The groups of pictures are not utterances, so on pictures this is no published model; a frame is then its C S S numbers.

N_i is `segments` for all utterances, which departs from the paper, because a model is not told the true number.
"""

import math

import torch
from pydantic import Field
from torch import Tensor, nn

from latentmotion.models import base as contract
from latentmotion.models.components.frame_networks import bounded
from latentmotion.models.components.gaussian import GaussianHead, kl, kl_standard, sample

VARIANCE = 0.25  # of z_2 about mu_2


class Config(contract.NetworkConfig):
    content: contract.Count = 16  # z_2
    motion: contract.Count = 16  # z_1
    hidden: contract.Count = 256  # units of each LSTM
    discriminative: contract.Weight = 10.0  # alpha
    segments: float = Field(default=15.0, gt=0)  # N_i
    centre_spread: float = Field(default=1.0, ge=0)  # standard deviation that the table of mu_2 starts with
    centre_rate: float = Field(default=1.0, gt=0)  # learning rate of that table, in that of all other parameters


class Model(contract.SequenceModel):
    """FHVAE, as the docstring of this module describes it."""

    capabilities = frozenset({contract.ENCODE, contract.SAMPLE_CONTENT, contract.SAMPLE_MOTION})

    def __init__(self, config: Config, shape: contract.DataShape):
        super().__init__()
        self.config, self.shape = config, shape
        self.content_noise = config.content
        numbers = shape.channels * shape.size**2
        self.content = nn.LSTM(numbers, config.hidden, batch_first=True)
        self.content_head = GaussianHead(config.hidden, config.content)
        self.motion = nn.LSTM(numbers + config.content, config.hidden, batch_first=True)
        self.motion_head = GaussianHead(config.hidden, config.motion)
        self.states = nn.LSTM(config.motion + config.content, config.hidden, batch_first=True)
        self.frame_head = GaussianHead(config.hidden, numbers)
        self.utterances = nn.Parameter(config.centre_spread * torch.randn(shape.groups, config.content))  # mu_2

    def motion_noise(self, length: int) -> int:
        return self.config.motion

    def optimisers(self, training) -> list[torch.optim.Optimizer]:
        """One Adam. A row of the table of mu_2 learns mainly from the few segments of its own utterance, so that at the
        rate of the networks it stays near where it started."""
        others = [parameter for name, parameter in self.named_parameters() if name != "utterances"]
        groups = [{"params": others}, {"params": [self.utterances], "rate": self.config.centre_rate}]
        return [
            torch.optim.Adam(groups, lr=training.lr, betas=tuple(training.betas), weight_decay=training.weight_decay)
        ]

    def losses(self, batch: contract.Batch) -> dict[str, Tensor]:
        """Negative segment variational bound, less alpha times the discriminative one (their equation 6)."""
        z2_posterior = self._content(batch.x)
        z2 = sample(*z2_posterior)
        z1_posterior = self._motion(batch.x, z2)
        z1 = sample(*z1_posterior)
        mean, log_variance = self._frames(z2, z1[:, None].expand(-1, batch.x.shape[1], -1))
        squared = (mean - batch.x.flatten(2)).square()
        log_p = -0.5 * (squared / log_variance.exp() + log_variance + math.log(2 * math.pi)).flatten(1).sum(1).mean()
        centre = self.utterances[batch.object]
        kl_z1 = kl_standard(*z1_posterior).sum(1).mean()
        kl_z2 = kl(*z2_posterior, centre, torch.full_like(centre, math.log(VARIANCE))).sum(1).mean()
        log_centre = -0.5 * (centre.square() + math.log(2 * math.pi)).sum(1).mean()
        log_named = self._named(z2_posterior[0], batch.object).mean()
        bound = log_p - kl_z1 - kl_z2 + log_centre / self.config.segments
        return {
            "total": -bound - self.config.discriminative * log_named,
            "squared_error": squared.flatten(1).sum(1).mean(),
            "bound": bound,
            "kl_content": kl_z2,
            "kl_motion": kl_z1,
            "utterance": -log_named,
        }

    def encode(self, x: Tensor, action: Tensor) -> tuple[Tensor, Tensor]:
        z2 = self._content(x)[0]
        return z2, self._motion(x, z2)[0][:, None].expand(-1, x.shape[1], -1)

    def decode(self, content: Tensor, motion: Tensor) -> Tensor:
        mean, _ = self._frames(content, motion)
        pictures = self.shape.channels, self.shape.size, self.shape.size
        return mean if self.shape.size == 1 else mean.unflatten(2, pictures)

    def sample_content(self, noise: Tensor) -> Tensor:
        """z_2 of a new utterance: mu_2 and z_2 about it together are one normal."""
        return noise * math.sqrt(1 + VARIANCE)

    def sample_motion(self, action: Tensor, length: int, noise: Tensor) -> Tensor:
        return noise[:, None].expand(-1, length, -1)

    def _content(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self.content_head(self.content(x.flatten(2))[0][:, -1])

    def _motion(self, x: Tensor, z2: Tensor) -> tuple[Tensor, Tensor]:
        given = torch.cat([x.flatten(2), z2[:, None].expand(-1, x.shape[1], -1)], dim=2)
        return self.motion_head(self.motion(given)[0][:, -1])

    def _frames(self, z2: Tensor, z1: Tensor) -> tuple[Tensor, Tensor]:
        """z_2 (B, Z) and z_1 at every frame (B, T, M) -> mean and log variance of the numbers (B, T, F)."""
        code = torch.cat([z1, z2[:, None].expand(-1, z1.shape[1], -1)], dim=2)
        mean, log_variance = self.frame_head(self.states(code)[0])
        return bounded(mean, self.shape), log_variance

    def _named(self, z2: Tensor, utterance: Tensor) -> Tensor:
        """ln p(i | z_2) (B,), by how near z_2 is to the mu_2 of all utterances."""
        distances = (z2[:, None] - self.utterances).square().sum(2)
        return torch.log_softmax(distances / (-2 * VARIANCE), dim=1).gather(1, utterance[:, None]).squeeze(1)
