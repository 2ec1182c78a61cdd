"""HGAN: Hamiltonian GAN (Allen-Blanchette, L4DC 2024), and its ablation HNN-GAN: a video GAN whose motion has a law.

    z_C, z_m ~ N(0, I) once a video;   y_0 = (q_0, p_0) = f(z_m);   dq/dt = dH/dp, dp/dt = -dH/dq;   x_t = G(z_C, y_t)

f is the configuration-space map, a perceptron of two layers, H a learned Hamiltonian that the leapfrog integrates, one
step of 0.05 a frame (equations 1 and 3). Networks and training are MoCoGAN's (nets/video_gan.py, section 4.3); the
generator's loss has one more term, which makes coordinates cyclic, their momenta constant (equation 4):

    lambda / N sum_i |dp_i/dt|,   N videos, and here their frames: the mean over both

HNN-GAN has neither f, y_0 = z_m, nor that term. Motion is y_t, all of it; there are no actions and no encoder.

The paper says neither whether H is separable nor how its network looks. Here H = K(p) + U(q), as in the symplectic
recurrent networks that it cites, where the leapfrog is symplectic and reversible, and K(p) = K(-p), so that time has no
direction; `separable: false` is any H(q, p), with enough iterations of the generalised leapfrog for that to hold.
docs/fidelity.md has the other choices.
"""

import math
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from latentmotion.core.errors import UserError
from latentmotion.models import base as contract
from latentmotion.models.components.video_gan import VideoGAN
from latentmotion.models.dynamics.learned_hamiltonian import (
    Energy,
    Joint,
    LearnedHamiltonian,
    SeparableHamiltonian,
    start_as_well,
)

ITERATIONS = 8  # of the implicit lines where H is not separable: 16 frames there and back err by less than 1e-5


class Config(contract.NetworkConfig):
    content: contract.Count = 50  # z_C
    motion: contract.Count = 10  # z_m and y: half of it q, half p
    width: contract.Count = 64  # channels of the layer next to the frame
    code_units: int = Field(default=0, ge=0)  # of two linear layers in front of G; 0: there are none
    instance_noise: contract.Weight = 0.0  # standard deviation of noise on what the discriminators see
    discriminator_rate: contract.Positive = 1.0  # learning rate of the discriminators as a share of the generator's
    discriminator_norm: bool = True  # whether the discriminators have batch normalisation
    batch_deviation: bool = False  # whether D_I sees how much the frames of a batch differ
    r1: float = Field(default=0.0, ge=0)  # gamma of the penalty on the discriminators' slopes at real data
    r1_every: int = Field(default=4, ge=1)  # steps from one penalty to the next
    real_label: float = Field(default=1.0, gt=0.5, le=1)  # below 1: one-sided smooth labels
    time_stride: Literal[1, 2] = 1  # of the convolutions of D_V; 2: kernels of 4 frames
    video_share: float = Field(default=1.0, gt=0, le=1)  # of the batch, whose videos are whole; D_I sees a frame of all
    window: int = Field(default=0, ge=0)  # generated videos begin at a frame from 0 to this one
    background: contract.Intensities | None = None  # intensities in [0, 1] that the output bias of G starts at
    hamiltonian_rate: contract.Positive = 1.0  # learning rate of H, likewise
    map: bool = True  # f; false: y_0 = z_m
    state_norm: bool = True  # batch normalisation of y_0, with which equation 4 cannot make a coordinate small
    cyclic: contract.Weight = 0.01  # lambda; 0: no such term
    separable: bool = True
    hidden: contract.Count = 128  # units of the layers of f and of H
    dt: contract.Positive = 0.05  # of a frame


class Model(VideoGAN):
    """See the module's docstring."""

    capabilities = frozenset({contract.SAMPLE_CONTENT, contract.SAMPLE_MOTION, contract.SAMPLE_STATE, contract.ENERGY})

    def __init__(self, config: Config, shape: contract.DataShape):
        super().__init__(config, shape)
        if config.motion % 2 or config.motion < 2:
            raise UserError(f"network.motion: {config.motion} cannot be halved into q and p; make it even")
        if not config.dt > 0:
            raise UserError(f"network.dt: {config.dt}, and time would not pass; set it above 0")
        self.state_noise = config.motion
        self.map = _map(config) if config.map else None
        sizes = config.motion // 2, config.hidden
        separable = config.separable
        self.hamiltonian = SeparableHamiltonian(*sizes) if separable else LearnedHamiltonian(Joint(*sizes), ITERATIONS)
        # A quarter turn within a training sequence, at first.
        for module in self.hamiltonian.modules():
            if isinstance(module, Energy):
                start_as_well(module, math.pi / 2 / (shape.frames * config.dt))
        self.build(config.motion)

    def motion_modules(self) -> list[tuple[nn.Module, float]]:
        mapped = [(self.map, 1.0)] if self.map else []
        return [(self.hamiltonian, self.config.hamiltonian_rate), *mapped]

    def motion_noise(self, length: int) -> int:
        return self.state_noise

    def sample_state(self, noise: Tensor) -> Tensor:
        """z_m (B, motion) -> y_0 (B, 1, motion)."""
        return (self.map(noise) if self.map else noise)[:, None]

    def roll_out(self, state: Tensor, count: int, step: float = 1.0) -> Tensor:
        q, p = state.squeeze(1).chunk(2, dim=-1)
        path = self.hamiltonian.roll_out(q, p, count, step, self.config.dt)
        return torch.cat(path, dim=-1)[:, :, None]

    def motion_of(self, states: Tensor) -> Tensor:
        return states.squeeze(2)

    def sample_motion(self, action: Tensor, length: int, noise: Tensor) -> Tensor:
        return self.motion_of(self.roll_out(self.sample_state(noise), length))

    def draw_motion(self, action: Tensor, length: int, noise: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        motion = self.sample_motion(action, length, noise)
        return motion, {"cyclic": self.config.cyclic * self.cyclic(motion)} if self.config.cyclic else {}

    def cyclic(self, motion: Tensor) -> Tensor:
        """Equation 4 without lambda, of states (B, T, motion): a scalar."""
        q, p = motion.flatten(0, 1).float().chunk(2, dim=-1)
        with torch.autocast(motion.device.type, enabled=False):
            return self.hamiltonian.slope(q, p).abs().sum(1).mean()

    def energies(self, states: Tensor) -> dict[str, Tensor]:
        """`total` of any H, its parts only of a separable one. Where the zero of an energy lies has no meaning."""
        q, p = states.chunk(2, dim=-1)
        total = self.hamiltonian(q, p)
        if not self.config.separable:
            return {"total": total}
        kinetic, potential = self.hamiltonian.energy.kinetic(p), self.hamiltonian.energy.potential(q)
        return {"total": total, "kinetic": kinetic, "potential": potential, "nonseparable": torch.zeros_like(total)}


def _map(config: Config) -> nn.Sequential:
    """f, two layers. With `state_norm` its states have the mean and the variance of the noise in every coordinate, as
    those of HNN-GAN do. Then all videos cannot come to one path, on which the place is time and the noise makes no
    difference, but the loss of equation 4 cannot make a coordinate small either.
    """
    layers = nn.Linear(config.motion, config.hidden), nn.ReLU(), nn.Linear(config.hidden, config.motion)
    for layer in layers[::2]:
        nn.init.kaiming_normal_(layer.weight)
    return nn.Sequential(*layers, *([nn.BatchNorm1d(config.motion, affine=False)] if config.state_norm else []))
