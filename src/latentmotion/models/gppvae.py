"""GPPVAE: a variational autoencoder whose codes have a Gaussian process prior (Casale et al., NeurIPS 2018).

Frame q of object p has the code z_pq; the codes of all training frames together are a Gaussian process over objects and
views (gaussian_process.py), and x_pq ~ N(decoder(z_pq), alpha² I). The loss is the negative ELBO,

    sum |x_pq - decoder(z_pq)|² / (2 alpha²) + KL(prod N(mu_pq, sigma²_pq) || N(0, K))

A training begins with an ordinary autoencoder, whose codes are N(0, I), as the authors' does; the process is fitted
beside it and does not act on it. Then, `joint`: everything by the loss above (GPPVAE-joint). `disjoint`: the
autoencoder is frozen and the process alone goes on (GPPVAE-dis). A hidden frame is the decoded posterior mean of its
code, given the codes of all training frames, so only objects that were trained on can be completed.

Departures: the paper's prior term is that of one sample of the codes, ours its expectation, in closed form; and codes
that are not in the batch are those of their last visit, where the paper encodes all frames for each step.
"""

from typing import Literal

import torch
from torch import Tensor

from latentmotion.core.errors import UserError
from latentmotion.core.pixels import to_float
from latentmotion.models import base as contract
from latentmotion.models.components.digits import DigitDecoder, DigitEncoder
from latentmotion.models.components.gaussian import GaussianHead, kl_standard, sample
from latentmotion.models.components.gaussian_process import ObjectViewProcess
from latentmotion.models.components.small_digits import SmallDecoder, SmallEncoder

WHOLE_BATCH = True  # the process is that of all codes, each from the batch that showed it last


class Config(contract.NetworkConfig):
    fit: Literal["joint", "disjoint"] = "joint"
    alone: float = 0.5  # share of the training in which the autoencoder does not know of the process
    latent: int = 16
    rank: int = 8  # of the linear object kernel
    networks: Literal["small", "digits"] = "small"  # the paper's own, or those of HALO (supplementary tables 6 and 7)
    width: int = 8  # filters
    dense: int = 128  # digits: units of the dense layers, and of the encoder's last one
    features: int = 64
    alpha: float = 0.313  # standard deviation of a pixel; weighs mean errors in [0, 1] against 0.001 of the mean KL
    process_rate: float = 10.0  # learning rate of the process, in that of the autoencoder


class Model(contract.SequenceModel):
    """See the module's docstring; `Config` documents the sizes."""

    capabilities = frozenset({contract.COMPLETE})

    def __init__(self, config: Config, shape: contract.DataShape):
        super().__init__()
        self.config, self.shape = config, shape
        sizes = shape.channels, shape.size, config.width
        if config.networks == "small":
            self.encoder, self.decoder = SmallEncoder(*sizes), SmallDecoder(config.latent, *sizes)
        else:
            self.encoder = DigitEncoder(*sizes, config.dense, config.features)
            self.decoder = DigitDecoder(config.latent, *sizes, config.dense)
        self.head = GaussianHead(self.encoder.features, config.latent)
        self.process = ObjectViewProcess(shape.groups, shape.frames, config.rank)
        places = shape.groups, shape.frames
        self.register_buffer("mean", torch.zeros(*places, config.latent))
        self.register_buffer("log_variance", torch.zeros(*places, config.latent))
        # The process is conditioned on training data, so these are a part of the model: what it has been shown so far.
        self.register_buffer("seen", torch.zeros(places, dtype=torch.bool))
        frame = shape.channels, shape.size, shape.size
        self.register_buffer("images", torch.zeros(*places, *frame, dtype=torch.uint8))
        self._known: Tensor | None = None

    def optimisers(self, training) -> list[torch.optim.Optimizer]:
        process = {id(parameter) for parameter in self.process.parameters()}
        groups = [
            {"params": [p for p in self.parameters() if id(p) not in process]},
            {"params": list(self.process.parameters()), "rate": self.config.process_rate},
        ]
        return [
            torch.optim.Adam(groups, lr=training.lr, betas=tuple(training.betas), weight_decay=training.weight_decay)
        ]

    def losses(self, batch: contract.Batch) -> dict[str, Tensor]:
        alone = self.progress < self.config.alone
        frozen = not alone and self.config.fit == "disjoint"
        if frozen:
            self.eval()  # codes no longer depend on which frames are encoded together
        with torch.set_grad_enabled(not frozen):
            mean, log_variance = self.head(self.encoder(batch.x[batch.seen]))
            decoded = self.decoder(sample(mean, log_variance))
        sequences = len(batch.x)
        error = (decoded.float() - batch.x[batch.seen]).square().sum() / sequences
        kl_normal = kl_standard(mean, log_variance).sum() / sequences
        kl_process = self._divergence(batch, mean, log_variance, acts=not alone and not frozen)
        total = 0.5 / self.config.alpha**2 * error + (kl_normal + kl_process if alone else kl_process)
        if frozen:
            total = kl_process
        return {"total": total, "squared_error": error, "kl_normal": kl_normal, "kl_process": kl_process}

    def complete(self, batch: contract.Batch) -> Tensor:
        """From all training frames; of the batch only `object` counts."""
        if (batch.object < 0).any():
            raise UserError("GPPVAE completes only objects that it was trained on; score it on a set split by frame")
        if self._known is None:
            self._known = self.process.posterior(self._codes(), self.seen)
        codes = self._known[batch.object]
        return self.decoder(codes.flatten(0, 1)).unflatten(0, codes.shape[:2])

    def train(self, mode: bool = True):
        self._known = None
        return super().train(mode)

    def _divergence(self, batch: contract.Batch, mean: Tensor, log_variance: Tensor, acts: bool) -> Tensor:
        """KL from the process of all codes known so far, per object, with those of the batch renewed.

        Arguments:
            acts: whether the encoder learns from it.
        """
        place = batch.object[:, None].expand_as(batch.seen)[batch.seen], batch.seen.nonzero()[:, 1]
        with torch.no_grad():
            self.mean[place], self.log_variance[place] = mean.detach(), log_variance.detach()
            self.images[place], self.seen[place] = ((batch.x[batch.seen] + 1) * 127.5).round().byte(), True
        codes = [self.mean, self.log_variance]
        if acts:
            # Of the sum over all objects a batch has a part: its gradient is as much too small.
            share = len(self.seen) / len(batch.x)
            codes = [
                buffer.index_put(place, value.detach() + share * (value - value.detach()))
                for buffer, value in zip(codes, (mean, log_variance), strict=True)
            ]
        return (self.process.divergence(*codes, self.seen) / len(self.seen)).float()

    def _codes(self) -> Tensor:
        """Posterior means (P, Q, L) of all training frames by the encoder as it is; zero where there is no frame."""
        codes = torch.zeros_like(self.mean)
        codes[self.seen] = torch.cat(
            [self.head(self.encoder(x))[0] for x in to_float(self.images[self.seen]).split(512)]
        )
        return codes
