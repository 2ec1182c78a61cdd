"""R-WAE: disentangled recurrent Wasserstein autoencoder (Han, Min, Han, Li and Zhang, ICLR 2021).

    z^c ~ N(0, I),   z_t^m ~ N(mu(z_<t^m), sigma²(z_<t^m)),   x_t = G(h_t),   h_1:T = LSTM(z^c, z_1:T^m)
    q(z^c | x_1:T) from an LSTM;   q(z_t^m | z_<t^m, x_t) from an LSTM over (x_t, z_(t-1)^m)
    sum_t c(x_t, G) + beta_1 D(q(z^c), p(z^c)) + beta_2 sum_t MMD²(q(z_t^m), p(z_t^m))                      (equation 9)

D compares the contents of all sequences of a batch with the prior. It is a scaled MMD whose kernel is learnt
(`penalty: mmd`, algorithm 2) or a latent discriminator (`gan`, algorithm 1), and not the divergence of each posterior
that a VAE has. The divergence of the motion from its learnt prior is an MMD with a mixture of kernels at each frame.
A Kullback-Leibler term on the motion, as in DSVAE, stabilises the training (appendix D). With `weak` the action is a
categorical variable behind the motion (components/action.py). Encoder and critic learn from every batch, decoder and
prior from every `encoder_steps`-th. docs/fidelity.md says what the text leaves out and what is chosen here.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from pydantic import Field, PositiveFloat, PositiveInt
from torch import Tensor, nn
from torch.nn import functional

from latentmotion.core.errors import UserError
from latentmotion.models import base as contract
from latentmotion.models.components.action import ActionVariable, Compared, behind, kl_action, relaxed
from latentmotion.models.components.code_inputs import check_patch, features_of_both, motion_features
from latentmotion.models.components.content import ContentNetwork
from latentmotion.models.components.dependence import dependence
from latentmotion.models.components.drawn_content import Source, drawn_share, with_drawn
from latentmotion.models.components.frame_networks import Networks, bounded, frame_decoder, frame_encoder, is_sound
from latentmotion.models.components.gaussian import kl, sample
from latentmotion.models.components.initialisation import keep_variance
from latentmotion.models.components.latent_critic import LatentDiscriminator, ScaledMMD
from latentmotion.models.components.mmd import mmd2
from latentmotion.models.components.motion_posterior import MotionPosterior
from latentmotion.models.components.motion_prior import MotionPrior, RecurrentMotionModel, risen
from latentmotion.models.components.random_frames import at_frames, random_frames

DECAY = 0.5, 0.2  # factors of all learning rates from the milestones on
WHOLE_BATCH = True  # a maximum mean discrepancy compares the sequences of a batch


class Config(contract.NetworkConfig):
    penalty: Literal["mmd", "gan"] = "mmd"  # the divergence D of the content
    content_units: contract.Count | None = None  # units of the content's LSTM each way; null is half of content
    weak: bool = False  # whether there is a categorical action, of which only the number of classes is known
    networks: Networks = "simple"
    cost: Literal["squared", "bernoulli"] = "squared"  # the cost c, of pictures in [0, 1]
    content: contract.Count = 120  # z^c
    motion: contract.Count = 12  # z_t^m
    features: contract.Count = 150  # size of h_t of the encoder and of the decoder
    hidden: contract.Count = 150  # units of the motion's LSTMs
    width: contract.Count = 256
    decoder_width: contract.Count | None = None  # width of the complex decoder; null is width
    dense: contract.Count = 4096
    full_resolution: bool = True
    output_norm: bool = True
    feature_norm: bool = False  # whether the h of the frame encoder is normalised over the batch
    content_weight: contract.Weight = 10.0  # beta_1
    motion_weight: contract.Weight = 60.0  # beta_2
    kl_motion: contract.Weight = 0.1
    kl_action: contract.Weight = 50.0
    log_variance: float = 0.0  # where the log variances of the posteriors start
    temperature: contract.Positive = 0.67  # temperature of the relaxed action
    gradient_penalty: contract.Weight = 10.0  # lambda of the discriminator
    encoder_steps: int = Field(default=5, ge=1, le=20)  # L; every parameter must learn within 20 batches
    encoder_rate: contract.Positive = 0.333  # learning rate of the encoder as a multiple of the decoder's
    critic_rate: contract.Positive = 0.333  # the same of the critic
    milestones: contract.Shares = (0.1, 0.16)  # shares of the training after which rates fall to 1/2 and to 1/10
    joint: bool = False  # whether one backward pass serves encoder, decoder and prior; encoder_steps is 1
    content_log_variance: float | None = None  # where that of the content starts; null is log_variance
    content_closed: float = Field(default=0.0, ge=0, le=1)  # first share of the training, with all contents drawn
    content_drawn: float = Field(default=0.0, ge=0, lt=1)  # share of the sequences whose content is drawn afterwards
    content_drawn_until: float = Field(default=1.0, ge=0, le=1)  # share of the training after which none is drawn
    content_drawn_from: Source = "prior"  # whether draws are of N(0, I), contents of other sequences, or both
    dependence: contract.Weight = 0.0  # weight of the dependence between content and motion
    kl_motion_first: PositiveFloat | None = None  # its first value; null is kl_motion throughout
    kl_motion_rise: contract.Shares = (0.0, 0.0)  # shares of the training between which it rises to kl_motion
    motion_divergence: Literal["marginal", "conditional"] = "marginal"  # draws of the prior have their own or q's past
    motion_statistics: Literal["batch", "running"] = "batch"  # the batch normalisation of the codes in its MMD
    action_divergence: Compared = "sequence"  # whether q(a | x) or its mean over the batch is to be uniform
    content_frames: PositiveInt | None = None  # random frames from which training infers the content; null is all
    content_patch: PositiveInt | None = None  # side of the patches that are shuffled before the content is inferred
    motion_centred: bool = False  # whether the motion is inferred from features less their mean over the sequence
    decoded_frames: PositiveInt | None = None  # random frames that are decoded in training; null is all
    clock: bool = True  # whether the decoder has its LSTM; else a frame is made of the content and its own motion code


@dataclass
class Codes:
    """What the encoder infers of sequences: samples of content (B, Z) and motion (B, T, M), and more of the motion.

    Arguments:
        posterior: mean and log variance of the motion.
        decoded: the motion that the decoder sees, with the action behind it.
        log_action: log probabilities of the classes (B, A), or None where the model has no action.
        compared: the motion whose distribution is compared with that of the prior.
    """

    content: Tensor
    motion: Tensor
    posterior: tuple[Tensor, Tensor]
    decoded: Tensor
    log_action: Tensor | None
    compared: Tensor


class Model(RecurrentMotionModel):
    """R-WAE, as the docstring of this module describes it."""

    def __init__(self, config: Config, shape: contract.DataShape):
        super().__init__()
        if config.joint and config.encoder_steps > 1:
            raise UserError("models.*.network.joint of system rwae: one backward pass needs encoder_steps of 1")
        if config.cost == "bernoulli" and is_sound(shape):
            raise UserError("models.*.network.cost of system rwae: bernoulli is for pictures; set it to squared")
        check_patch(config.content_patch, shape)
        self.config, self.shape = config, shape
        self.content_noise = config.content
        self.actions = shape.actions if config.weak else 0
        self.encoder = frame_encoder(config, shape)
        start = config.log_variance if config.content_log_variance is None else config.content_log_variance
        self.content = ContentNetwork(config.features, config.content, start, config.content_units)
        self.motion = MotionPosterior(config.features, config.motion, config.hidden, config.log_variance)
        self.action = ActionVariable(config.motion, config.hidden, self.actions) if config.weak else None
        self.prior = MotionPrior(config.motion, config.hidden)
        code = config.content + config.motion + self.actions
        self.fusion = nn.Sequential(nn.Linear(code, config.features), nn.LeakyReLU(0.2))
        keep_variance(self.fusion)
        self.states = nn.LSTM(config.features, config.features, batch_first=True) if config.clock else None
        self.decoder = frame_decoder(config, shape)
        self.critic = (
            ScaledMMD(config.content)
            if config.penalty == "mmd"
            else LatentDiscriminator(config.content, config.gradient_penalty)
        )
        self.register_buffer("seen_batches", torch.zeros((), dtype=torch.long))

    def optimisers(self, training) -> list[torch.optim.Optimizer]:
        """Returns an Adam each for the encoder, for the decoder with the prior, and for the critic."""
        rest = {"lr": training.lr, "betas": tuple(training.betas), "weight_decay": training.weight_decay}
        rates = self.config.encoder_rate, 1.0, self.config.critic_rate
        return [
            torch.optim.Adam([{"params": parameters, "rate": rate, "first_rate": rate}], **rest)
            for parameters, rate in zip(self._parts(), rates, strict=True)
        ]

    def step(self, batch: contract.Batch, optimisers: list[torch.optim.Optimizer], autocast) -> dict[str, Tensor]:
        self._decay(optimisers)
        encoding, decoding, criticising = self._parts()
        of_encoder, of_decoder, of_critic = optimisers
        with autocast():
            codes = self._infer(batch.x)
        prior = torch.randn_like(codes.content)
        critic_loss = self.critic.critic_loss(prior, codes.content.detach())
        norms = [self._update(criticising, of_critic, critic_loss)]
        losses = self._losses(batch.x, codes, autocast)
        losses["content_penalty"] = self.critic(prior, codes.content)
        losses["total"] = losses["total"] + self.config.content_weight * losses["content_penalty"]
        self.seen_batches += 1
        if self.config.joint:
            norms += self._update_both(encoding, of_encoder, decoding, of_decoder, losses["total"])
        else:
            norms.append(self._update(encoding, of_encoder, losses["total"]))
        if not self.config.joint and self.seen_batches % self.config.encoder_steps == 0:
            with torch.no_grad(), autocast():
                codes = self._infer(batch.x)
            norms.append(self._update(decoding, of_decoder, self._losses(batch.x, codes, autocast)["total"]))
        losses |= {"critic": critic_loss, "gradient_norm": torch.stack(norms).max()}
        return {name: value.detach() for name, value in losses.items()}

    def encode(self, x: Tensor, action: Tensor) -> tuple[Tensor, Tensor]:
        for_content, for_motion = features_of_both(self, x, draw=False)
        z, _ = self.motion(for_motion, draw=False)
        return self.content(for_content)[0], behind(z, self.action.mode(self.action(z))) if self.action else z

    def decode(self, content: Tensor, motion: Tensor) -> Tensor:
        return bounded(self._raw(content, motion), self.shape)

    def _raw(self, content: Tensor, motion: Tensor, frames: Tensor | None = None) -> Tensor:
        """Decodes to frames before they are bounded: to all, or to those with the numbers `frames` (B, n)."""
        code = torch.cat([content[:, None].expand(-1, motion.shape[1], -1), motion], dim=2)
        h = self.fusion(code)
        h = self.states(h)[0] if self.states else h
        h = h if frames is None else at_frames(h, frames)
        return self.decoder(h.flatten(0, 1)).unflatten(0, h.shape[:2])

    def _infer(self, x: Tensor) -> Codes:
        for_content, for_motion = features_of_both(self, x, draw=True)
        content = sample(*self.content(for_content))
        z, posterior = self.motion(for_motion, draw=True)
        log_action = self.action(z) if self.action else None
        decoded = behind(z, relaxed(log_action, self.config.temperature)) if self.action else z
        compared = self._by_running_statistics(x) if self.config.motion_statistics == "running" else z
        return Codes(content, z, posterior, decoded, log_action, compared)

    def _by_running_statistics(self, x: Tensor) -> Tensor:
        """Infers motion codes with the running statistics of batch normalisation, as evaluation does.

        With the statistics of the batch each code depends on the others, and training can push the estimate of the MMD
        below 0, which is its average for independent codes of equal distributions.
        """
        self.encoder.eval()
        features = motion_features(self, self.features(x))
        self.encoder.train()
        return self.motion(features, draw=True)[0]

    def _losses(self, x: Tensor, codes: Codes, autocast) -> dict[str, Tensor]:
        """Returns the terms of equation 9 and their sum, without the penalty of the content."""
        config = self.config
        share = drawn_share(self.progress, config.content_closed, config.content_drawn, config.content_drawn_until)
        length, frames = x.shape[1], None
        if config.decoded_frames and config.decoded_frames < length:
            frames = random_frames(x, config.decoded_frames)
            x = at_frames(x, frames)
        with autocast():
            raw = self._raw(with_drawn(codes.content, share, config.content_drawn_from)[0], codes.decoded, frames)
            expected = self.prior(codes.motion)
            drawn = self._drawn_motion(codes, expected)
        raw = raw.float()
        terms = {
            "squared_error": (bounded(raw, self.shape) - x).square().flatten(1).sum(1).mean() * length / x.shape[1],
            "cost": self._cost(raw, x) * length / x.shape[1],
            "motion_mmd": mmd2(codes.compared.transpose(0, 1), drawn.transpose(0, 1)).sum(),
            "kl_motion": kl(*codes.posterior, *expected).flatten(1).sum(1).mean(),
        }
        kl_motion = risen(self.progress, config.kl_motion_first, config.kl_motion, config.kl_motion_rise)
        total = terms["cost"] + config.motion_weight * terms["motion_mmd"] + kl_motion * terms["kl_motion"]
        if self.action:
            terms["kl_action"] = kl_action(codes.log_action, config.action_divergence)
            total = total + config.kl_action * terms["kl_action"]
        if config.dependence:
            terms["dependence"] = dependence(codes.content, codes.motion)
            total = total + config.dependence * terms["dependence"]
        return {"total": total, **terms}

    def _drawn_motion(self, codes: Codes, expected: tuple[Tensor, Tensor]) -> Tensor:
        """Draws paths of the prior (B, T, M), each from its own beginning, or each frame given the past of a code."""
        if self.config.motion_divergence == "marginal":
            return self.prior.sample(torch.randn_like(codes.motion))
        return sample(*(expected if codes.compared is codes.motion else self.prior(codes.compared)))

    def _cost(self, raw: Tensor, x: Tensor) -> Tensor:
        """Returns sum_t c(x_t, G(z_t)) of a sequence. Pictures count from 0 to 1, as the paper's sigmoid gives them."""
        if self.config.cost == "bernoulli":
            # bounded() is tanh(y) = 2 sigmoid(2 y) - 1.
            error = functional.binary_cross_entropy_with_logits(2 * raw, (x + 1) / 2, reduction="none")
        else:
            error = (bounded(raw, self.shape) - x).square() * (1.0 if is_sound(self.shape) else 0.25)
        return error.flatten(1).sum(1).mean()

    def _parts(self) -> list[list[nn.Parameter]]:
        """Returns the parameters of the encoder, of the decoder with the prior, and of the critic."""
        encoding = [self.encoder, self.content, self.motion, *([self.action] if self.action else [])]
        decoding = [self.fusion, *([self.states] if self.states else []), self.decoder, self.prior]
        return [
            [parameter for module in part for parameter in module.parameters()]
            for part in (encoding, decoding, [self.critic])
        ]

    def _update(self, parameters: list[nn.Parameter], optimiser: torch.optim.Optimizer, loss: Tensor) -> Tensor:
        """Descends for these parameters alone, so that no other gets a gradient. Returns the norm of the gradient."""
        optimiser.zero_grad(set_to_none=True)
        loss.backward(inputs=parameters)
        return self.apply_gradients(parameters, optimiser)

    def _update_both(self, encoding, of_encoder, decoding, of_decoder, loss: Tensor) -> list[Tensor]:
        """Encoder, decoder and prior descend by the gradients of one backward pass."""
        of_encoder.zero_grad(set_to_none=True)
        of_decoder.zero_grad(set_to_none=True)
        loss.backward(inputs=[*encoding, *decoding])
        return [self.apply_gradients(encoding, of_encoder), self.apply_gradients(decoding, of_decoder)]

    def _decay(self, optimisers: list[torch.optim.Optimizer]) -> None:
        """Sets the factors of the learning rates of the next step, as the loop reads `rate` before it calls `step`."""
        factor = 1.0
        for share, fall in zip(self.config.milestones, DECAY, strict=True):
            factor *= fall if self.progress >= share else 1.0
        for optimiser in optimisers:
            for group in optimiser.param_groups:
                group["rate"] = group["first_rate"] * factor
