"""HGN: Hamiltonian generative network (Toth, Rezende, Jaegle, Racaniere, Botev and Higgins, ICLR 2020).

A variational autoencoder of the state at the first frame, from which a learned Hamiltonian H predicts all frames:

    z ~ N(0, I);   (q_0, p_0) = f(z);   dq/dt = dH/dp, dp/dt = -dH/dq;   x_t = decoder(q_t)

z is inferred from the first frames together, stacked as channels. f, H and the networks work on maps; q and p are
(C, S/8, S/8) each for frames of S pixels. The explicit leapfrog takes one step of `dt` a frame. Training is GECO's
(Rezende and Viola, 2018): the least KL(q(z) || N(0, I)) for which the error of all frames is within a tolerance,

    KL / (T C S S) + lambda (E[(x - x_hat)^2] - tolerance^2),   mean over the pixels of [0, 1]

The loss is this over 1 + lambda, so that its size does not follow lambda. Adam, which divides by the size of former
gradients, would hardly move the networks while lambda falls.

By default z is maps of the size of a frame, as in the public code. Parts of a state that lie far apart then depend on
different numbers of z, which are independent under the prior, so that nothing makes the whole of a sampled frame show
one and the same thing. With `code: vector` z is a few numbers on which the whole state depends, and the encoder halves
its maps.

There is no content, so that a code for it has size 0. The sizes are those of the public code (Rodas et al., ReScience
2021), which is the HGN that Hamiltonian GAN compares itself with. Departures: that code moves q by p, not by dH/dp, has
its state at the last frame that the encoder sees, and ends f in a ReLU and H in a softplus (docs/fidelity.md).

A single frame shows no velocity, so PREDICT and DYNAMICS, whose protocols begin with one, are not stated; `encode`
needs as many frames as the encoder sees.
"""

import math
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from latentmotion.core.errors import UserError
from latentmotion.models import base as contract
from latentmotion.models.components.gaussian import GaussianHead, kl_standard, sample
from latentmotion.models.components.initialisation import keep_variance
from latentmotion.models.components.lagrange_multiplier import LARGEST, Multiplier
from latentmotion.models.dynamics.convolutional_hamiltonian import ConvolutionalHamiltonian

SHRINK = 8  # how much smaller than a frame a state's maps are
SLOPE = 0.01  # of the decoder's LeakyReLU
UNITS = 128  # of the layers before and after a z that is a vector
LOG_VARIANCE = -4.0  # of the posterior of such a z at first: the decoder hears at once what its mean says
CACHED = 32  # frames that a CPU decodes together


class Config(contract.NetworkConfig):
    input_frames: int = Field(default=5, ge=1)  # that the encoder sees
    width: int = Field(default=64, ge=2)  # channels of encoder, f and H; half of it in the first layer of encoder and H
    # channels of the decoder's maps, each twice as large as the one before
    decoder: tuple[contract.Count, contract.Count, contract.Count] = Field(default=(64, 64, 64), strict=False)
    code: Literal["maps", "vector"] = "maps"  # what z is
    latent: int = Field(default=48, ge=1)  # channels of z, or numbers where it is a vector
    state: int = Field(default=16, ge=1)  # channels of q, and of p
    dt: float = Field(default=0.125, gt=0)  # of a frame
    iterations: int = Field(default=1, ge=1)  # of the leapfrog's implicit lines; 1: the explicit one
    tolerance: float = Field(default=3.3e-2, gt=0)  # root mean square error of intensities in [0, 1]
    rate: float = Field(default=0.1, gt=0)  # of the multiplier lambda
    multiplier: float = Field(default=1.0, gt=0)  # lambda at first
    largest_multiplier: float = Field(default=LARGEST, gt=0)  # the bound of lambda from above
    keep_variance: bool = False  # whether encoder, f and decoder start with weights that keep the variance
    average: float = Field(default=0.99, ge=0, lt=1)  # weight of the past in the moving average of the violation


class Model(contract.SequenceModel):
    """See the module's docstring; `Config` documents the sizes. States are (q, p), flat, in K = 1 subspace."""

    capabilities = frozenset(
        {contract.ENCODE, contract.SAMPLE_CONTENT, contract.SAMPLE_MOTION, contract.SAMPLE_STATE, contract.ENERGY}
    )

    def __init__(self, config: Config, shape: contract.DataShape):
        super().__init__()
        self.config, self.shape = config, shape
        if shape.size % (2 * SHRINK):
            raise UserError(f"datasets.*.size: {shape.size} is not a multiple of {2 * SHRINK}, as HGN's maps need")
        self._check_frames(shape.frames)
        side = shape.size // SHRINK
        self.maps = config.state, side, side
        seen = config.input_frames * shape.channels
        if config.code == "maps":
            self.latent: tuple[int, ...] = config.latent, shape.size, shape.size
            self.encoder = _encoder(seen, config.width)
            self.mean, self.log_variance = (nn.Conv2d(config.width, config.latent, 3, padding=1) for _ in range(2))
            self.transformer = _transformer(config.latent, config.width, 2 * config.state)
        else:
            self.latent = (config.latent,)
            self.encoder = _vector_encoder(seen, config.width, side)
            self.heads = GaussianHead(UNITS, config.latent, LOG_VARIANCE)
            self.transformer = _vector_transformer(config.latent, 2 * math.prod(self.maps))
        self.state_noise = math.prod(self.latent)
        self.hamiltonian = ConvolutionalHamiltonian(config.state, side, config.width, config.iterations)
        self.decoder = _decoder(config.state, config.decoder, shape.channels)
        if config.keep_variance:
            for part in (self.encoder, self.transformer, self.decoder):
                keep_variance(part)
        if config.multiplier > config.largest_multiplier:
            raise UserError(
                f"network.multiplier: {config.multiplier:g} is above network.largest_multiplier, "
                f"{config.largest_multiplier:g}; lower the first or raise the second"
            )
        self.multiplier = Multiplier(config.rate, config.average, config.largest_multiplier)
        self.multiplier.value.fill_(config.multiplier)

    def motion_noise(self, length: int) -> int:
        return self.state_noise

    def losses(self, batch: contract.Batch) -> dict[str, Tensor]:
        mean, log_variance = self._posterior(batch.x)
        state = self._state(sample(mean, log_variance))
        x = self._render(self.motion_of(self.roll_out(state, batch.x.shape[1])))
        error = (x.float() - batch.x).square().flatten(1).sum(1).mean()
        kl = kl_standard(mean, log_variance).flatten(1).sum(1).mean()
        pixels = batch.x[0].numel()
        violation = 0.25 * error / pixels - self.config.tolerance**2  # frames in [-1, 1] err by twice as much
        total = (kl / pixels + self.multiplier(violation)) / (1 + self.multiplier.value)
        return {
            "total": total, "squared_error": error, "kl": kl,
            "violation": violation, "multiplier": self.multiplier.value.clone(),
        }  # fmt: skip

    def step(self, batch: contract.Batch, optimisers: list, autocast) -> dict[str, Tensor]:
        """Descends for the networks, then ascends for the multiplier."""
        losses = super().step(batch, optimisers, autocast)
        self.multiplier.update(losses["violation"])
        return losses

    def encode(self, x: Tensor, action: Tensor) -> tuple[Tensor, Tensor]:
        """The path from the posterior mean of the state at the first frame."""
        state = self._state(self._posterior(x)[0])
        return x.new_zeros(len(x), 0), self.motion_of(self.roll_out(state, x.shape[1]))

    def decode(self, content: Tensor, motion: Tensor) -> Tensor:
        return self._render(motion)

    def sample_content(self, noise: Tensor) -> Tensor:
        return noise

    def sample_motion(self, action: Tensor, length: int, noise: Tensor) -> Tensor:
        return self.motion_of(self.roll_out(self.sample_state(noise), length))

    def sample_state(self, noise: Tensor) -> Tensor:
        return self._state(noise.unflatten(1, self.latent))

    def roll_out(self, state: Tensor, count: int, step: float = 1.0) -> Tensor:
        path = self.hamiltonian.roll_out(*self._halves(state.squeeze(1)), count, step, self.config.dt)
        return torch.cat([part.flatten(2) for part in path], dim=2)[:, :, None]

    def motion_of(self, states: Tensor) -> Tensor:
        """q, flat."""
        return states.squeeze(2).chunk(2, dim=-1)[0]

    def energies(self, states: Tensor) -> dict[str, Tensor]:
        """`total` alone: H is not separable. Where the zero of an energy lies has no meaning."""
        return {"total": self.hamiltonian(*self._halves(states.flatten(0, -2))).unflatten(0, states.shape[:-1])}

    def _check_frames(self, frames: int) -> None:
        needed = self.config.input_frames
        if frames < needed:
            raise UserError(f"network.input_frames: {needed}, but sequences have {frames} frames; lower it")

    def _posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance of z, (B, *self.latent) each, from the first frames of x."""
        self._check_frames(x.shape[1])
        features = self.encoder(x[:, : self.config.input_frames].flatten(1, 2))
        if self.config.code == "vector":
            return self.heads(features)
        return self.mean(features).float(), self.log_variance(features).float().clamp(-10, 10)

    def _state(self, z: Tensor) -> Tensor:
        """f: z (B, *self.latent) -> (B, 1, 2 C S/8 S/8)."""
        return self.transformer(z).float().flatten(1)[:, None]

    def _halves(self, states: Tensor) -> tuple[Tensor, Tensor]:
        """States (N, 2 C S/8 S/8) -> q and p, (N, C, S/8, S/8) each."""
        q, p = (half.unflatten(1, self.maps) for half in states.chunk(2, dim=1))
        return q, p

    def _render(self, motion: Tensor) -> Tensor:
        """Positions (B, T, C S/8 S/8) -> frames (B, T, channels, S, S)."""
        maps = motion.flatten(0, 1).unflatten(1, self.maps)
        # A CPU is a quarter faster where a layer's maps stay in its cache; a GPU wants them all at once.
        parts = maps.split(CACHED) if maps.device.type == "cpu" else [maps]
        return torch.tanh(torch.cat([self.decoder(part) for part in parts])).unflatten(0, motion.shape[:2])


class UpsampledConvolution(nn.Conv2d):
    """The 3x3 convolution of maps (N, C, S, S) whose every pixel has been repeated to 2x2: (N, width, 2S, 2S).

    Each output pixel sees only 2x2 different ones, under sums of the kernel's rows and columns: the same linear map is
    a transposed convolution of stride 2 by the 4x4 kernel of those sums, with 4/9 of the multiplications.
    """

    def __init__(self, inputs: int, outputs: int):
        super().__init__(inputs, outputs, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        turned = self.weight.flip(2, 3)
        shifts = [(left, 1 - left, top, 1 - top) for left in (0, 1) for top in (0, 1)]
        kernel = sum(functional.pad(turned, shift) for shift in shifts)
        return functional.conv_transpose2d(x, kernel.transpose(0, 1), self.bias, stride=2, padding=1)


class UpsamplingBlock(nn.Module):
    """A residual block at twice the size: sigmoid(x' + two 3x3 convolutions of x'), x' being x with repeated pixels.

    Where numbers of channels differ, a 1x1 convolution of x takes its place in the sum.
    """

    def __init__(self, inputs: int, width: int):
        super().__init__()
        self.first, self.second = UpsampledConvolution(inputs, width), nn.Conv2d(width, width, 3, padding=1)
        self.match = nn.Conv2d(inputs, width, 1) if inputs != width else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        inner = functional.leaky_relu(self.first(x), SLOPE, inplace=True)
        inner = functional.leaky_relu(self.second(inner), SLOPE)
        return inner.add_(functional.interpolate(self.match(x), scale_factor=2)).sigmoid_()


def _encoder(channels: int, width: int) -> nn.Sequential:
    """Seven 3x3 convolutions at the frame's own size; the heads are the eighth."""
    sizes = [channels, width // 2, *[width] * 6]
    layers = [(nn.Conv2d(a, b, 3, padding=1), nn.ReLU()) for a, b in zip(sizes, sizes[1:], strict=False)]
    return nn.Sequential(*(module for layer in layers for module in layer))


def _decoder(state: int, widths: tuple[int, ...], channels: int) -> nn.Sequential:
    blocks = [UpsamplingBlock(a, b) for a, b in zip((state, *widths), widths, strict=False)]
    return nn.Sequential(*blocks, nn.Conv2d(widths[-1], channels, 3, padding=1))


def _transformer(latent: int, width: int, outputs: int) -> nn.Sequential:
    """f: three 3x3 convolutions of stride 2."""
    return nn.Sequential(
        nn.Conv2d(latent, width, 3, 2, 1), nn.ReLU(),
        nn.Conv2d(width, width, 3, 2, 1), nn.ReLU(),
        nn.Conv2d(width, outputs, 3, 2, 1),
    )  # fmt: skip


def _vector_encoder(channels: int, width: int, side: int) -> nn.Sequential:
    """As many convolutions of stride 2 as bring a frame to the size of the state's maps, then a linear layer."""
    sizes = [channels, width // 2, *[width] * (SHRINK.bit_length() - 2)]
    layers = [(nn.Conv2d(a, b, 4, 2, 1), nn.ReLU()) for a, b in zip(sizes, sizes[1:], strict=False)]
    convolutions = [module for layer in layers for module in layer]
    return nn.Sequential(*convolutions, nn.Flatten(), nn.Linear(width * side**2, UNITS), nn.ReLU())


def _vector_transformer(latent: int, outputs: int) -> nn.Sequential:
    """f of a vector: two linear layers."""
    return nn.Sequential(nn.Linear(latent, UNITS), nn.ReLU(), nn.Linear(UNITS, outputs))
