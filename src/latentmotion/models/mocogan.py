"""MoCoGAN: motion and content decomposed GAN (Tulyakov, Liu, Yang and Kautz, CVPR 2018).

    z_C ~ N(0, I) once a video;   z_M,t = GRU(epsilon_t, z_M,t-1), all epsilon ~ N(0, I);   x_t = G(z_C, k, z_M,t)

An image discriminator sees single frames, a video discriminator whole sequences. Conditional on the action k: G gets
its indicator, and the video discriminator also names the action: of real videos, and for the generator of its own.
There is no encoder, so nothing of a real sequence can be held. The content is z_C, the motion (z_M,t, k).

The paper's videos have 16 frames of 64 pixels. For other lengths the temporal kernels of the video discriminator are
chosen so that its last map is one frame long; for smaller frames the outermost layers are left out.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from latentmotion import model as contract
from latentmotion.errors import UserError


class Config(contract.NetworkConfig):
    conditional: bool = True
    content: int = 50  # z_C
    motion: int = 10  # z_M
    width: int = 64  # channels of the layer next to the frame
    instance_noise: float = 0.0  # standard deviation of noise on what the discriminators see
    category: float = 1.0  # weight of naming the action


class Model(contract.SequenceModel):
    """See the module's docstring."""

    def __init__(self, config: Config, shape: contract.DataShape):
        super().__init__()
        self.config, self.shape = config, shape
        self.capabilities = frozenset(
            {contract.SAMPLE_CONTENT, contract.SAMPLE_MOTION}
            | ({contract.ACTION_MOTION} if config.conditional else set())
        )
        self.content_noise = config.content
        self.actions = shape.actions if config.conditional else 0
        self.motion = nn.GRUCell(config.motion, config.motion)
        self.generator = _generator(config.content + config.motion + self.actions, shape, config.width)
        self.image_discriminator = _image_discriminator(shape, config.width)
        self.video_discriminator = _video_discriminator(shape, config.width, 1 + self.actions)

    def motion_noise(self, length: int) -> int:
        return (length + 1) * self.config.motion

    def optimisers(self, training) -> list[torch.optim.Optimizer]:
        groups = (
            [*self.generator.parameters(), *self.motion.parameters()],
            self.image_discriminator.parameters(),
            self.video_discriminator.parameters(),
        )
        return [
            torch.optim.Adam(group, lr=training.lr, betas=tuple(training.betas), weight_decay=training.weight_decay)
            for group in groups
        ]

    def step(self, batch: contract.Batch, optimisers: list[torch.optim.Optimizer], autocast) -> dict[str, Tensor]:
        generator, image, video = optimisers
        count, length = batch.x.shape[:2]
        action = batch.action[torch.randperm(count, device=batch.x.device)]
        noise = torch.randn(count, self.motion_noise(length), device=batch.x.device)
        with autocast():
            content = torch.randn(count, self.content_noise, device=batch.x.device)
            fake = self.decode(content, self.sample_motion(action, length, noise))
            losses = self._discriminate(batch.x, fake.detach(), batch.action)
        for optimiser in optimisers:
            optimiser.zero_grad(set_to_none=True)
        (losses["image_discriminator"] + losses["video_discriminator"]).backward()
        norms = [
            self.apply_gradients(network.parameters(), optimiser)
            for network, optimiser in ((self.image_discriminator, image), (self.video_discriminator, video))
        ]
        # The generator's backward pass must not add to the discriminators' gradients, which the census looks at.
        for network in (self.image_discriminator, self.video_discriminator):
            network.requires_grad_(False)
        with autocast():
            losses["total"] = self._fool(fake, action)
        losses["total"].backward()
        for network in (self.image_discriminator, self.video_discriminator):
            network.requires_grad_(True)
        norms.append(self.apply_gradients([*self.generator.parameters(), *self.motion.parameters()], generator))
        losses["gradient_norm"] = torch.stack(norms).max()
        return {name: losses[name].detach() for name in ("total", *(n for n in losses if n != "total"))}

    def decode(self, content: Tensor, motion: Tensor) -> Tensor:
        code = torch.cat([content[:, None].expand(-1, motion.shape[1], -1), motion], dim=2)
        return self.generator(code.flatten(0, 1)[..., None, None]).unflatten(0, code.shape[:2])

    def sample_content(self, noise: Tensor) -> Tensor:
        return noise

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

    def _discriminate(self, real: Tensor, fake: Tensor, action: Tensor) -> dict[str, Tensor]:
        image = _binary(self._images(real), 1.0) + _binary(self._images(fake), 0.0)
        real_video, fake_video = self._videos(real), self._videos(fake)
        video = _binary(real_video[:, :1], 1.0) + _binary(fake_video[:, :1], 0.0)
        losses = {"image_discriminator": image, "video_discriminator": video}
        if self.config.conditional:
            category = functional.cross_entropy(real_video[:, 1:].float(), action)
            losses |= {"video_discriminator": video + self.config.category * category, "real_category": category}
        return losses

    def _fool(self, fake: Tensor, action: Tensor) -> Tensor:
        video = self._videos(fake)
        total = _binary(self._images(fake), 1.0) + _binary(video[:, :1], 1.0)
        if self.config.conditional:
            total = total + self.config.category * functional.cross_entropy(video[:, 1:].float(), action)
        return total

    def _images(self, x: Tensor) -> Tensor:
        """Logits of one frame of each video, drawn at random."""
        frame = torch.randint(x.shape[1], (len(x),), device=x.device)
        return self.image_discriminator(self._noisy(x[torch.arange(len(x), device=x.device), frame])).flatten(1)

    def _videos(self, x: Tensor) -> Tensor:
        return self.video_discriminator(self._noisy(x).transpose(1, 2)).flatten(1)

    def _noisy(self, x: Tensor) -> Tensor:
        return x + self.config.instance_noise * torch.randn_like(x) if self.config.instance_noise else x


def _binary(logits: Tensor, target: float) -> Tensor:
    return functional.binary_cross_entropy_with_logits(logits.float(), torch.full_like(logits, target).float())


def _halvings(size: int) -> int:
    """How often a frame is halved until it is 4 pixels wide: 4 for 64."""
    halvings = size.bit_length() - 3
    if 4 << halvings != size:
        raise UserError(f"datasets.*.size: {size} is not 8, 16, 32, 64 or 128; MoCoGAN doubles a 4-pixel map")
    return halvings


def _generator(inputs: int, shape: contract.DataShape, width: int) -> nn.Sequential:
    channels = [width * 2**i for i in reversed(range(_halvings(shape.size)))]
    layers: list[nn.Module] = [nn.ConvTranspose2d(inputs, channels[0], 4, 1, 0, bias=False)]
    for before, after in zip(channels, channels[1:], strict=False):
        layers += [nn.BatchNorm2d(before), nn.ReLU(), nn.ConvTranspose2d(before, after, 4, 2, 1, bias=False)]
    layers += [nn.BatchNorm2d(width), nn.ReLU(), nn.ConvTranspose2d(width, shape.channels, 4, 2, 1, bias=False)]
    return nn.Sequential(*layers, nn.Tanh())


def _image_discriminator(shape: contract.DataShape, width: int) -> nn.Sequential:
    channels = [width * 2**i for i in range(_halvings(shape.size))]
    layers: list[nn.Module] = [nn.Conv2d(shape.channels, width, 4, 2, 1, bias=False), nn.LeakyReLU(0.2)]
    for before, after in zip(channels, channels[1:], strict=False):
        layers += [nn.Conv2d(before, after, 4, 2, 1, bias=False), nn.BatchNorm2d(after), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, nn.Conv2d(channels[-1], 1, 4, 1, 0, bias=False))


def _video_discriminator(shape: contract.DataShape, width: int, outputs: int) -> nn.Sequential:
    halvings = _halvings(shape.size)
    # Kernels whose sum of (kernel - 1) is T - 1: the paper's 4, 4, 4, 4, 4 at 16 frames of 64 pixels.
    kernels = [1 + (shape.frames - 1 + i) // (halvings + 1) for i in reversed(range(halvings + 1))]
    channels, layers = shape.channels, []
    for i, kernel in enumerate(kernels[:-1]):
        after = width * 2**i
        layers.append(nn.Conv3d(channels, after, (kernel, 4, 4), (1, 2, 2), (0, 1, 1), bias=False))
        layers += [nn.BatchNorm3d(after)] if i else []
        layers.append(nn.LeakyReLU(0.2))
        channels = after
    return nn.Sequential(*layers, nn.Conv3d(channels, outputs, (kernels[-1], 4, 4), 1, 0, bias=False))
