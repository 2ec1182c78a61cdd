"""DSVAE: disentangled sequential autoencoder (Li and Mandt, ICML 2018), with its full inference network.

    f ~ N(0, I),   z_t ~ N(mu(z_<t), sigma²(z_<t)),   x_t ~ N(phi(f, z_t), alpha² I)
    q(f | x_1:T) from a bidirectional LSTM;   q(z_1:T | x_1:T, f) from a bidirectional LSTM over (h_t, f) and an RNN.

The content is f, the motion z_1:T; the prior of the motion is an LSTM. The loss is the negative ELBO. Nothing but the
size of z_t keeps what is constant out of the motion. Frame networks as in HALO's comparison (supplement, tables 3-4,
which follow DSVAE).
"""

import torch
from torch import Tensor, nn

from latentmotion import model as contract
from latentmotion.nets.content import ContentNetwork
from latentmotion.nets.frames import FrameDecoder, FrameEncoder
from latentmotion.nets.gaussian import GaussianHead, kl, kl_standard, sample


class Config(contract.NetworkConfig):
    content: int = 256  # f
    motion: int = 32  # z_t
    hidden: int = 256  # units of the motion's LSTMs and RNN
    width: int = 256
    dense: int = 4096
    features: int = 2048  # h
    full_resolution: bool = True  # convolutions of stride 1 at the frame's own size
    output_norm: bool = True  # batch normalisation before the decoder's tanh
    alpha: float = 0.7071  # standard deviation of a pixel; 1/sqrt(2) weighs squared errors by 1
    kl_content: float = 1.0
    kl_motion: float = 1.0
    kl_warmup: float = 0.0  # share of the training over which both rise to their weights
    log_variance: float = 0.0  # where those of the posteriors start


class MotionPrior(nn.Module):
    """p(z_t | z_<t): an LSTM cell over the last z, from a zero state and z_0 = 0."""

    def __init__(self, motion: int, hidden: int):
        super().__init__()
        self.motion, self.hidden = motion, hidden
        self.cell = nn.LSTMCell(motion, hidden)
        self.head = GaussianHead(hidden, motion)

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance of every z_t given those before it: (B, T, M) each."""
        shifted = torch.cat([torch.zeros_like(z[:, :1]), z[:, :-1]], dim=1)
        state, outputs = None, []
        for step in shifted.unbind(1):
            state = self.cell(step, state)
            outputs.append(state[0])
        return self.head(torch.stack(outputs, dim=1))

    def sample(self, noise: Tensor, given: Tensor | None = None) -> Tensor:
        """noise (B, T, M) -> z (B, T, M); the first frames are taken from `given` (B, t, M) where it is there."""
        z, state, drawn = torch.zeros_like(noise[:, 0]), None, []
        for t, epsilon in enumerate(noise.unbind(1)):
            state = self.cell(z, state)
            mean, log_variance = self.head(state[0])
            known = given is not None and t < given.shape[1]
            z = given[:, t] if known else mean + torch.exp(0.5 * log_variance) * epsilon
            drawn.append(z)
        return torch.stack(drawn, dim=1)


class Model(contract.SequenceModel):
    """See the module's docstring."""

    capabilities = frozenset({contract.ENCODE, contract.SAMPLE_CONTENT, contract.SAMPLE_MOTION, contract.PREDICT})

    def __init__(self, config: Config, shape: contract.DataShape):
        super().__init__()
        self.config, self.shape = config, shape
        self.content_noise = config.content
        self.encoder = FrameEncoder(
            shape.channels, shape.size, config.width, config.dense, config.features, config.full_resolution
        )
        self.content = ContentNetwork(config.features, config.content, config.log_variance)
        self.both_ways = nn.LSTM(config.features + config.content, config.hidden, batch_first=True, bidirectional=True)
        self.forwards = nn.RNN(2 * config.hidden, config.hidden, batch_first=True)
        self.motion_head = GaussianHead(config.hidden, config.motion, config.log_variance)
        self.prior = MotionPrior(config.motion, config.hidden)
        self.decoder = FrameDecoder(
            config.content + config.motion,
            shape.channels,
            shape.size,
            config.width,
            config.dense,
            config.output_norm,
            config.full_resolution,
        )

    def motion_noise(self, length: int) -> int:
        return length * self.config.motion

    def losses(self, batch: contract.Batch) -> dict[str, Tensor]:
        return self.elbo(batch)[0]

    def elbo(self, batch: contract.Batch) -> tuple[dict[str, Tensor], tuple, tuple, Tensor, Tensor]:
        """Losses, the posteriors of f and z, and the samples drawn from them."""
        features = self.features(batch.x)
        f_posterior = self.content(features)
        f = sample(*f_posterior)
        z_posterior = self._motion(features, f)
        z = sample(*z_posterior)
        error = (self.decode(f, z).float() - batch.x).square().flatten(1).sum(1).mean()
        kl_f = kl_standard(*f_posterior).sum(1).mean()
        kl_z = kl(*z_posterior, *self.prior(z)).flatten(1).sum(1).mean()
        divergence = self.config.kl_content * kl_f + self.config.kl_motion * kl_z
        total = 0.5 / self.config.alpha**2 * error + self.kl_weight(self.config.kl_warmup) * divergence
        losses = {"total": total, "squared_error": error, "kl_content": kl_f, "kl_motion": kl_z}
        return losses, f_posterior, z_posterior, f, z

    def encode(self, x: Tensor, action: Tensor) -> tuple[Tensor, Tensor]:
        features = self.features(x)
        f = self.content(features)[0]
        return f, self._motion(features, f)[0]

    def decode(self, content: Tensor, motion: Tensor) -> Tensor:
        code = torch.cat([content[:, None].expand(-1, motion.shape[1], -1), motion], dim=2)
        return self.decoder(code.flatten(0, 1)).unflatten(0, code.shape[:2])

    def sample_content(self, noise: Tensor) -> Tensor:
        return noise

    def sample_motion(self, action: Tensor, length: int, noise: Tensor) -> Tensor:
        return self.prior.sample(noise.view(-1, length, self.config.motion))

    def predict(self, first: Tensor, length: int, action: Tensor) -> Tensor:
        """The prior's mean continues the codes of the given frames."""
        content, motion = self.encode(first, action)
        return self.decode(content, self.prior.sample(motion.new_zeros(len(first), length, motion.shape[2]), motion))

    def features(self, x: Tensor) -> Tensor:
        return self.encoder(x.flatten(0, 1)).unflatten(0, x.shape[:2])

    def _motion(self, features: Tensor, f: Tensor) -> tuple[Tensor, Tensor]:
        given = torch.cat([features, f[:, None].expand(-1, features.shape[1], -1).to(features.dtype)], dim=2)
        return self.motion_head(self.forwards(self.both_ways(given)[0])[0])
