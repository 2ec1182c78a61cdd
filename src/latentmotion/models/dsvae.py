"""DSVAE: disentangled sequential autoencoder (Li and Mandt, ICML 2018), with its full inference network.

    f ~ N(0, I),   z_t ~ N(mu(z_<t), sigma²(z_<t)),   x_t ~ N(phi(f, z_t), alpha² I)
    q(f | x_1:T) from a bidirectional LSTM;   q(z_1:T | x_1:T, f) from a bidirectional LSTM over (h_t, f) and an RNN.

The content is f, the motion is z_1:T, and the prior of the motion is an LSTM. The loss is the negative ELBO. As
published, nothing but the size of z_t keeps what is constant out of the motion, and nothing keeps the action out of the
content (components/drawn_content.py). The frame networks are those of HALO's comparison (supplement, tables 3-4, which
follow DSVAE) or of R-WAE. `weak` is that paper's DS-VAE(W), with a categorical action behind the motion, q(a | z_1:T),
which has a uniform prior (components/action.py).
"""

import torch
from pydantic import Field, PositiveFloat, PositiveInt
from torch import Tensor, nn

from latentmotion.models import base as contract
from latentmotion.models.components.action import ActionVariable, behind, kl_uniform, relaxed
from latentmotion.models.components.code_inputs import check_patch, features_of_both
from latentmotion.models.components.content import ContentNetwork
from latentmotion.models.components.dependence import dependence
from latentmotion.models.components.drawn_content import Source, drawn_share, with_drawn
from latentmotion.models.components.frame_networks import Networks, bounded, frame_decoder, frame_encoder
from latentmotion.models.components.gaussian import GaussianHead, kl, kl_standard, sample
from latentmotion.models.components.motion_prior import MotionPrior, RecurrentMotionModel, risen
from latentmotion.models.components.random_frames import at_frames, random_frames


class Config(contract.NetworkConfig):
    content: contract.Count = 256  # f
    motion: contract.Count = 32  # z_t
    hidden: contract.Count = 256  # units of the motion's LSTMs and RNN
    networks: Networks = "simple"
    content_units: contract.Count | None = None  # units of the content's LSTM each way; null is half of content
    weak: bool = False  # whether there is a categorical action, of which only the number of classes is known
    width: contract.Count = 256
    decoder_width: contract.Count | None = None  # width of the complex decoder; null is width
    dense: contract.Count = 4096
    features: contract.Count = 2048  # h
    full_resolution: bool = True  # whether there are convolutions of stride 1 at the size of the frame
    output_norm: bool = True  # whether there is a batch normalisation before the tanh of the decoder
    feature_norm: bool = False  # whether the h of the frame encoder is normalised over the batch
    alpha: contract.Positive = 0.7071  # standard deviation of a pixel; 1/sqrt(2) weighs squared errors by 1
    kl_content: contract.Weight = 1.0
    kl_motion: contract.Weight = 1.0
    kl_action: contract.Weight = 1.0
    kl_warmup: contract.Share = 0.0  # share of the training over which all three rise to their weights
    temperature: contract.Positive = 0.67  # temperature of the relaxed action
    log_variance: float = 0.0  # where the log variances of the posteriors start
    content_log_variance: float | None = None  # where that of the content starts; null is log_variance
    content_closed: float = Field(default=0.0, ge=0, le=1)  # first share of the training, with all contents drawn
    content_drawn: float = Field(default=0.0, ge=0, lt=1)  # share of the sequences whose content is drawn afterwards
    content_drawn_until: float = Field(default=1.0, ge=0, le=1)  # share of the training after which none is drawn
    content_drawn_from: Source = "prior"  # whether draws are of N(0, I), contents of other sequences, or both
    dependence: contract.Weight = 0.0  # weight of the dependence between content and motion
    kl_motion_first: PositiveFloat | None = None  # its first value; null is kl_motion throughout
    kl_motion_rise: contract.Shares = (0.0, 0.0)  # shares of the training between which it rises to kl_motion
    content_frames: PositiveInt | None = None  # random frames from which training infers the content; null is all
    content_patch: PositiveInt | None = None  # side of the patches that are shuffled before the content is inferred
    motion_centred: bool = False  # whether the motion is inferred from features less their mean over the sequence
    decoded_frames: PositiveInt | None = None  # random frames that are decoded in training; null is all


class Model(RecurrentMotionModel):
    """DSVAE, as the docstring of this module describes it."""

    def __init__(self, config: Config, shape: contract.DataShape):
        super().__init__()
        check_patch(config.content_patch, shape)
        self.config, self.shape = config, shape
        self.content_noise = config.content
        self.encoder = frame_encoder(config, shape)
        start = config.log_variance if config.content_log_variance is None else config.content_log_variance
        self.content = ContentNetwork(config.features, config.content, start, config.content_units)
        self.both_ways = nn.LSTM(config.features + config.content, config.hidden, batch_first=True, bidirectional=True)
        self.forwards = nn.RNN(2 * config.hidden, config.hidden, batch_first=True)
        self.motion_head = GaussianHead(config.hidden, config.motion, config.log_variance)
        self.prior = MotionPrior(config.motion, config.hidden)
        self.actions = shape.actions if config.weak else 0
        self.decoder = frame_decoder(config, shape, config.content + config.motion + self.actions)
        self.action = ActionVariable(config.motion, config.hidden, self.actions) if config.weak else None

    def losses(self, batch: contract.Batch) -> dict[str, Tensor]:
        return self.elbo(batch)[0]

    def elbo(self, batch: contract.Batch) -> tuple[dict[str, Tensor], tuple, tuple, Tensor, Tensor]:
        """Returns the losses, the posteriors of f and z, and the samples drawn from them."""
        for_content, for_motion = self.features_of_both(batch.x, draw=True)
        f_posterior = self.content(for_content)
        f = sample(*f_posterior)
        decoded, own = with_drawn(f, self._drawn_share(), self.config.content_drawn_from)
        # A content that the decoder does not see must not learn to help the motion's inference either.
        z_posterior = self._motion(for_motion, torch.where(own[:, None] > 0, f, f.detach()))
        z = motion = sample(*z_posterior)
        if self.action:
            log_a = self.action(z)
            motion = behind(z, relaxed(log_a, self.config.temperature))
        error = self._squared_error(batch.x, decoded, motion)
        kl_f = (own * kl_standard(*f_posterior).sum(1)).mean()
        kl_z = kl(*z_posterior, *self.prior(z)).flatten(1).sum(1).mean()
        config = self.config
        kl_motion = risen(self.progress, config.kl_motion_first, config.kl_motion, config.kl_motion_rise)
        divergence = config.kl_content * kl_f + kl_motion * kl_z
        terms = {"squared_error": error, "kl_content": kl_f, "kl_motion": kl_z}
        if self.action:
            terms["kl_action"] = kl_uniform(log_a).mean()
            divergence = divergence + self.config.kl_action * terms["kl_action"]
        total = 0.5 / self.config.alpha**2 * error + self.kl_weight(self.config.kl_warmup) * divergence
        if self.config.dependence:
            terms["dependence"] = dependence(f, z)
            total = total + self.config.dependence * terms["dependence"]
        return {"total": total, **terms}, f_posterior, z_posterior, f, z

    def encode(self, x: Tensor, action: Tensor) -> tuple[Tensor, Tensor]:
        for_content, for_motion = self.features_of_both(x, draw=False)
        f = self.content(for_content)[0]
        z = self._motion(for_motion, f)[0]
        return f, behind(z, self.action.mode(self.action(z))) if self.action else z

    def decode(self, content: Tensor, motion: Tensor) -> Tensor:
        code = torch.cat([content[:, None].expand(-1, motion.shape[1], -1), motion], dim=2)
        return bounded(self.decoder(code.flatten(0, 1)), self.shape).unflatten(0, code.shape[:2])

    def features_of_both(self, x: Tensor, draw: bool) -> tuple[Tensor, Tensor]:
        """Frame features (B, T, F) for the content and for the motion (components/code_inputs.py)."""
        return features_of_both(self, x, draw)

    def _squared_error(self, x: Tensor, content: Tensor, motion: Tensor) -> Tensor:
        """The squared error of a sequence, from all frames or, without bias, from a random part of them."""
        length, count = x.shape[1], self.config.decoded_frames
        if count:
            frames = random_frames(x, min(count, length))
            x, motion = at_frames(x, frames), at_frames(motion, frames)
        error = (self.decode(content, motion).float() - x).square()
        return error.flatten(1).sum(1).mean() * (length / x.shape[1])

    def _drawn_share(self) -> float:
        config = self.config
        return drawn_share(self.progress, config.content_closed, config.content_drawn, config.content_drawn_until)

    def _motion(self, features: Tensor, f: Tensor) -> tuple[Tensor, Tensor]:
        given = torch.cat([features, f[:, None].expand(-1, features.shape[1], -1).to(features.dtype)], dim=2)
        return self.motion_head(self.forwards(self.both_ways(given)[0])[0])
