"""GPPVAE: a variational autoencoder whose codes have a Gaussian process prior (Casale et al., NeurIPS 2018).

Frame q of object p has the code z_pq; the codes of all training frames together are a Gaussian process over objects and
views (gaussian_process.py), and x_pq ~ N(decoder(z_pq), alpha² I). The loss is the negative ELBO,

    sum |x_pq - decoder(z_pq)|² / (2 alpha²) + KL(prod N(mu_pq, sigma²_pq) || N(0, K))

As in the authors' code, a training begins with an ordinary autoencoder whose codes have the prior N(0, I). The process
is fitted beside it and does not act on it. Then `joint` trains everything by the loss above (GPPVAE-joint), and
`disjoint` freezes the autoencoder and goes on to train the process (GPPVAE-dis). A hidden frame is the decoded
posterior mean of its code, given the codes of all training frames, so that only objects of the training set can be
completed.

There are two departures. The paper takes the prior term of one sample of the codes; here it is the expectation of that
term, in closed form. The paper encodes all frames for each step; here, codes that are not in the batch are those of the
last batch that held them.
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

WHOLE_BATCH = True  # the process is that of all codes, and each comes from the last batch that held it


class Config(contract.NetworkConfig):
    fit: Literal["joint", "disjoint"] = "joint"
    alone: contract.Share = 0.5  # share of the training in which the process does not act on the autoencoder
    latent: contract.Count = 16
    rank: contract.Count = 8  # rank of the linear object kernel
    networks: Literal["small", "digits"] = "small"  # the paper's own, or those of HALO's supplementary tables 6 and 7
    width: contract.Count = 8  # filters of a convolution
    dense: contract.Count = 128  # units of the dense layers of the networks for digits
    features: contract.Count = 64  # units of the last dense layer of their encoder
    alpha: contract.Positive = 0.313  # deviation of a pixel; errors in [0, 1] weigh as much as 0.001 of the mean KL
    process_rate: contract.Positive = 10.0  # learning rate of the process, relative to that of the autoencoder


class Model(contract.SequenceModel):
    """GPPVAE as the module's docstring describes it, with the sizes of its `Config`."""

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
        # The process is conditioned on the training data that it has been shown, so these belong to the model.
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
        """Completes sequences from all training frames, so that only the objects of the batch matter."""
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
        """Renews the codes of the batch and returns the KL of all codes known so far from the process, per object.

        Arguments:
            acts: Whether the encoder learns from it.
        """
        place = batch.object[:, None].expand_as(batch.seen)[batch.seen], batch.seen.nonzero()[:, 1]
        with torch.no_grad():
            self.mean[place], self.log_variance[place] = mean.detach(), log_variance.detach()
            self.images[place], self.seen[place] = ((batch.x[batch.seen] + 1) * 127.5).round().byte(), True
        codes = [self.mean, self.log_variance]
        if acts:
            # A batch holds a part of all objects, so its gradient would be too small by that share.
            share = len(self.seen) / len(batch.x)
            codes = [
                buffer.index_put(place, value.detach() + share * (value - value.detach()))
                for buffer, value in zip(codes, (mean, log_variance), strict=True)
            ]
        return (self.process.divergence(*codes, self.seen) / len(self.seen)).float()

    def _codes(self) -> Tensor:
        """Encodes all training frames again. Posterior means (P, Q, L) are zero where there is no frame."""
        codes = torch.zeros_like(self.mean)
        codes[self.seen] = torch.cat(
            [self.head(self.encoder(x))[0] for x in to_float(self.images[self.seen]).split(512)]
        )
        return codes
