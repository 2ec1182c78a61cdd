"""MoCoGAN: motion and content decomposed GAN (Tulyakov, Liu, Yang and Kautz, CVPR 2018).

    z_C ~ N(0, I) once a video;   z_M,t = GRU(epsilon_t, z_M,t-1), all epsilon ~ N(0, I);   x_t = G(z_C, k, z_M,t)

An image discriminator sees single frames, a video discriminator whole sequences. Conditional on the action k: G gets
its indicator, and the video discriminator also names the action: of real videos, and for the generator of its own.
Unconditional: there is no k. The content is z_C, the motion (z_M,t, k); networks and training are nets/video_gan.py.
"""

from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from latentmotion.models import base as contract
from latentmotion.models.components.video_gan import VideoGAN


class Config(contract.NetworkConfig):
    conditional: bool = True
    content: contract.Count = 50  # z_C
    motion: contract.Count = 10  # z_M
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
    category: contract.Weight = 1.0  # weight of naming the action


class Model(VideoGAN):
    """See the module's docstring."""

    def __init__(self, config: Config, shape: contract.DataShape):
        super().__init__(config, shape)
        self.capabilities = frozenset(
            {contract.SAMPLE_CONTENT, contract.SAMPLE_MOTION}
            | ({contract.ACTION_MOTION} if config.conditional else set())
        )
        self.category_weight = config.category
        self.actions = shape.actions if config.conditional else 0
        self.motion = nn.GRUCell(config.motion, config.motion)
        self.build(config.motion + self.actions, 1 + self.actions)

    def motion_modules(self) -> list[tuple[nn.Module, float]]:
        return [(self.motion, 1.0)]

    def motion_noise(self, length: int) -> int:
        return (length + 1) * self.config.motion

    def sample_motion(self, action: Tensor, length: int, noise: Tensor) -> Tensor:
        state, *drawn = noise.view(-1, length + 1, self.config.motion).unbind(1)
        path = []
        for epsilon in drawn:
            state = self.motion(epsilon, state)
            path.append(state)
        motion = torch.stack(path, dim=1)
        if not self.config.conditional:
            return motion
        given = functional.one_hot(action, self.actions).to(motion.dtype)
        return torch.cat([motion, given[:, None].expand(-1, length, -1)], dim=2)

    def naming(self, answers: Tensor, action: Tensor) -> Tensor | None:
        if not self.config.conditional:
            return None
        return functional.cross_entropy(answers.float(), action)
