"""ODE2VAE: a latent ordinary differential equation of second order (Yildiz, Heinonen and Lähdesmäki, NeurIPS 2019).

A state z = (s, v) of position and velocity moves by ds/dt = v and dv/dt = f_W(s, v), where f_W is a Bayesian neural
network (components/acceleration.py). The pixels of x_t in [0, 1] are Bernoulli(decoder(s_t)), so a frame depends on the
position only. The state of the first seen frame is inferred from that frame, with an encoder each for q(s) and q(v),
and rolled out. Its density changes by d log q / dt = -tr(df/dv). The loss is, over the frames t that are seen,

    - sum_t log p(x_t | s_t) + sum_t (log q_ode(z_t) - log N(z_t; 0, I)) + beta KL(q(W) || N(0, I))
    [+ gamma sum_t (log q_ode(z_t) - log q_enc(z_t | x_t))]

where beta = q / |W|. ODE2VAE-KL (`kl: true`) has the last term, which keeps the path where the encoders would put it.

This follows the authors' code for hidden angles (mnist_nonuniform), which infers the velocity from one frame and lets
sequences grow during training. There are three departures: log q(z_0) holds the encoders' variance, which that code
leaves out; one Runge-Kutta step is taken for a frame, where that code takes five; and frames before the first seen one
are integrated backwards.
"""

import math

import torch
from torch import Tensor
from torchdiffeq import odeint

from latentmotion.models import base as contract
from latentmotion.models.components.acceleration import Acceleration, Drawn
from latentmotion.models.components.digits import DigitDecoder, DigitEncoder
from latentmotion.models.components.gaussian import GaussianHead, sample


class Config(contract.NetworkConfig):
    kl: bool = False  # whether this is ODE2VAE-KL
    gamma: contract.Weight = 0.1  # weight of the term that ODE2VAE-KL adds
    position: contract.Count = 8  # q, the length of s and of v
    hidden: contract.Count = 50  # units of a layer of f
    step: contract.Positive = 0.1  # time between frames
    growth: contract.Share = 0.0  # share of the training over which sequences grow from a fifth to their whole length
    width: contract.Count = 8  # channels of the encoders' first convolution
    decoder_width: contract.Count = 12  # channels of the decoder's last convolution
    dense: contract.Count = 256  # units of a dense layer
    features: contract.Count = 128  # units of the encoders' last dense layer
    log_variance: float = 0.0  # log variance of the encoders at the start of training


class Model(contract.SequenceModel):
    """ODE2VAE as the module's docstring describes it, with the sizes of its `Config`."""

    capabilities = frozenset(
        {contract.ENCODE, contract.SAMPLE_CONTENT, contract.SAMPLE_MOTION}
        | {contract.PREDICT, contract.COMPLETE, contract.DYNAMICS}
    )
    operators = 1

    def __init__(self, config: Config, shape: contract.DataShape):
        super().__init__()
        self.config, self.shape = config, shape
        sizes = shape.channels, shape.size
        self.encoders, self.heads = torch.nn.ModuleList(), torch.nn.ModuleList()
        for _ in ("position", "velocity"):
            self.encoders.append(DigitEncoder(*sizes, config.width, config.dense, config.features))
            self.heads.append(GaussianHead(config.features, config.position, config.log_variance))
        self.acceleration = Acceleration(config.position, config.hidden)
        self.decoder = DigitDecoder(config.position, *sizes, config.decoder_width, config.dense)

    def motion_noise(self, length: int) -> int:
        return 2 * self.config.position

    def losses(self, batch: contract.Batch) -> dict[str, Tensor]:
        seen, frames = self._grown(batch.seen), batch.x.shape[1]
        start = seen.int().argmax(1)
        here = torch.arange(len(start), device=start.device)
        mean, log_variance = self._infer(batch.x[here, start])
        z = sample(mean, log_variance)
        place = (torch.arange(frames, device=start.device) - start[:, None])[seen]
        field, density = self.acceleration.draw(), _log_normal(z, mean, log_variance)
        path, log_q = self._integrate(field, z, density, int(place.max()))
        rows = here[:, None].expand_as(seen)[seen]
        z, log_q, target = path[rows, place], log_q[rows, place], batch.x[seen]
        x = self.decoder(z[:, : self.config.position]).float()
        likelihood = _log_bernoulli(x, target).sum() / len(seen)
        kl_path = (log_q - _log_normal(z, torch.zeros_like(z), torch.zeros_like(z))).sum() / len(seen)
        kl_weights = self.config.position / self.acceleration.size() * self.acceleration.divergence()
        total = kl_path + kl_weights - likelihood
        terms = {"log_likelihood": likelihood, "kl_path": kl_path, "kl_weights": kl_weights}
        if self.config.kl:
            terms["kl_encoder"] = (log_q - _log_normal(z, *self._infer(target))).sum() / len(seen)
            total = total + self.config.gamma * terms["kl_encoder"]
        return {"total": total, "squared_error": (x - target).square().sum() / len(seen), **terms}

    def encode(self, x: Tensor, action: Tensor) -> tuple[Tensor, Tensor]:
        """Encodes the path from the first frame."""
        state = self._infer(x[:, 0])[0][:, None]
        return x.new_zeros(len(x), 0), self.motion_of(self.advance(state, 0, x.shape[1] - 1))

    def decode(self, content: Tensor, motion: Tensor) -> Tensor:
        return self.decoder(motion.flatten(0, 1)).unflatten(0, motion.shape[:2])

    def complete(self, batch: contract.Batch) -> Tensor:
        """Decodes the path from the first seen frame, with the frames before it integrated backwards."""
        start, frames = batch.seen.int().argmax(1), batch.x.shape[1]
        here = torch.arange(len(start), device=start.device)
        first = -int(start.max())
        states = self.advance(self._infer(batch.x[here, start])[0][:, None], first, frames - 1)
        place = torch.arange(frames, device=start.device) - start[:, None] - first
        motion = self.motion_of(states[here[:, None], place])
        return self.decoder(motion.flatten(0, 1)).unflatten(0, motion.shape[:2])

    def sample_content(self, noise: Tensor) -> Tensor:
        return noise

    def sample_motion(self, action: Tensor, length: int, noise: Tensor) -> Tensor:
        return self.motion_of(self.advance(noise[:, None], 0, length - 1))

    def predict(self, first: Tensor, length: int, action: Tensor) -> Tensor:
        given = first.shape[1]
        motion = self.motion_of(self.advance(self.state(first, action), 1 - given, length - given))
        return self.decoder(motion.flatten(0, 1)).unflatten(0, motion.shape[:2])

    def state(self, x: Tensor, action: Tensor) -> Tensor:
        return self._infer(x[:, -1])[0][:, None]

    def advance(self, state: Tensor, first: int, last: int) -> Tensor:
        """Rolls a state out with the posterior mean of the weights."""
        parts = []
        for end in (first, last):
            path, _ = self._integrate(self.acceleration.mean(), state[:, 0], state.new_zeros(len(state)), end)
            parts.append(path)
        return torch.cat([parts[0].flip(1)[:, :-1], parts[1]], dim=1)[:, :, None]

    def motion_of(self, states: Tensor) -> Tensor:
        return states[:, :, 0, : self.config.position]

    def _grown(self, seen: Tensor) -> Tensor:
        """Marks the seen frames that count at this point of the training, which are not too long after the first."""
        if self.progress >= self.config.growth:
            return seen
        length = seen.shape[1]
        reach = max(2.0, length * (0.2 + 0.8 * self.progress / self.config.growth))
        return seen & (torch.arange(length, device=seen.device) - seen.int().argmax(1, keepdim=True) < reach)

    def _infer(self, frames: Tensor) -> tuple[Tensor, Tensor]:
        """Returns mean and log variance (N, 2q) of the states of frames (N, C, H, W), position before velocity."""
        parts = [head(encoder(frames)) for encoder, head in zip(self.encoders, self.heads, strict=True)]
        mean, log_variance = (torch.cat(part, dim=1) for part in zip(*parts, strict=True))
        return mean, log_variance

    def _integrate(self, field: Drawn, z: Tensor, log_q: Tensor, frames: int) -> tuple[Tensor, Tensor]:
        """Returns states (B, |frames| + 1, 2q) and log densities (B, |frames| + 1) of each frame.

        Time runs backwards where `frames` is negative.
        """
        if not frames:
            return z[:, None], log_q[:, None]

        def slope(_, state):
            s, v, _ = state
            acceleration, trace = field(s, v)
            return v, acceleration, -trace

        with torch.autocast(z.device.type, enabled=False):
            times = self.config.step * math.copysign(1, frames) * torch.arange(abs(frames) + 1, device=z.device)
            s, v, log_q = odeint(slope, (*z.float().split(self.config.position, 1), log_q.float()), times, method="rk4")
        return torch.cat([s, v], dim=2).transpose(0, 1), log_q.T


def _log_normal(z: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    """Returns log N(z; mean, exp(log_variance)), summed over the last dimension."""
    return -0.5 * ((z - mean).square() / log_variance.exp() + log_variance + math.log(2 * math.pi)).sum(-1)


def _log_bernoulli(x: Tensor, target: Tensor) -> Tensor:
    """Returns log p of each grey level under its probability, both given in [-1, 1]."""
    p, grey = ((part + 1) / 2 for part in (x, target))
    return grey * (p + 1e-5).log() + (1 - grey) * (1 - p + 1e-5).log()
