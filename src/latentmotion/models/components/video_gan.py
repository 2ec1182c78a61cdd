"""What video GANs with content and motion share (Tulyakov et al., CVPR 2018): three networks and how they are trained.

    x_t = G(z_C, y_t);   D_I sees single frames, D_V whole sequences

Only where the motion y_t comes from differs between models. The generator's objective is the non-saturating one,
-log D(G), as in public code; the paper writes log(1 - D(G)).

The paper's videos have 16 frames of 64 pixels. For other lengths the temporal kernels of D_V are chosen so that its
last map is one frame long. Frames are halved until they are 4 to 7 pixels wide; the kernel there is as wide.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from latentmotion.core import parallel_random
from latentmotion.core.errors import UserError
from latentmotion.models import base as contract


class VideoGAN(contract.SequenceModel):
    """A subclass makes its motion modules, then calls `build`, and gives `motion_modules` and `draw_motion`.

    Its `Config` has the keys `content` (size of z_C), `width` (channels of the layer next to the frame),
    `instance_noise` (standard deviation of noise on what the discriminators see) and `discriminator_rate` (learning
    rate of the discriminators as a share of the generator's). There is no encoder, so nothing of a real sequence can be
    held.
    """

    category_weight = 1.0  # of `naming`

    def __init__(self, config: contract.NetworkConfig, shape: contract.DataShape):
        super().__init__()
        self.config, self.shape = config, shape
        self.content_noise = config.content

    def build(self, motion: int, answers: int = 1) -> None:
        """G for `motion` numbers a frame; D_I; D_V with `answers` outputs, the first of which is real or not."""
        self.generator = _generator(self.config.content + motion, self.shape, self.config.width)
        self.image_discriminator = _image_discriminator(self.shape, self.config.width)
        self.video_discriminator = _video_discriminator(self.shape, self.config.width, answers)

    def motion_modules(self) -> list[tuple[nn.Module, float]]:
        """What is trained with the generator, and how fast: its learning rate as a share of the generator's."""
        raise NotImplementedError

    def draw_motion(self, action: Tensor, length: int, noise: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Motion (B, length, M) and the terms by name that it adds to the generator's loss."""
        return self.sample_motion(action, length, noise), {}

    def naming(self, answers: Tensor, action: Tensor) -> Tensor | None:
        """What D_V's further answers (B, answers - 1) cost, of real videos and of generated ones; None: nothing."""
        return None

    def optimisers(self, training) -> list[torch.optim.Optimizer]:
        slower = self.config.discriminator_rate
        networks = (
            [(self.generator, 1.0), *self.motion_modules()],
            [(self.image_discriminator, slower)],
            [(self.video_discriminator, slower)],
        )
        groups = ([{"params": list(part.parameters()), "rate": rate} for part, rate in parts] for parts in networks)
        return [
            torch.optim.Adam(group, lr=training.lr, betas=tuple(training.betas), weight_decay=training.weight_decay)
            for group in groups
        ]

    def step(self, batch: contract.Batch, optimisers: list[torch.optim.Optimizer], autocast) -> dict[str, Tensor]:
        generator, image, video = optimisers
        count, length = batch.x.shape[:2]
        action = parallel_random.shuffled(batch.action)
        noise = parallel_random.normal(count, self.motion_noise(length), batch.x.device)
        with autocast():
            content = parallel_random.normal(count, self.content_noise, batch.x.device)
            motion, terms = self.draw_motion(action, length, noise)
            fake = self.decode(content, motion)
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
            losses["total"] = self._fool(fake, action) + sum(terms.values())
        losses["total"].backward()
        for network in (self.image_discriminator, self.video_discriminator):
            network.requires_grad_(True)
        norms.append(self.apply_gradients(self._generating(), generator))
        losses |= terms | {"gradient_norm": torch.stack(norms).max()}
        return {name: losses[name].detach() for name in ("total", *(n for n in losses if n != "total"))}

    def decode(self, content: Tensor, motion: Tensor) -> Tensor:
        code = torch.cat([content[:, None].expand(-1, motion.shape[1], -1), motion], dim=2)
        return self.generator(code.flatten(0, 1)[..., None, None]).unflatten(0, code.shape[:2])

    def sample_content(self, noise: Tensor) -> Tensor:
        return noise

    def _generating(self) -> list[nn.Parameter]:
        """What the generator's loss trains."""
        modules = (self.generator, *(module for module, _ in self.motion_modules()))
        return [parameter for module in modules for parameter in module.parameters()]

    def _discriminate(self, real: Tensor, fake: Tensor, action: Tensor) -> dict[str, Tensor]:
        image = _binary(self._images(real), 1.0) + _binary(self._images(fake), 0.0)
        real_video, fake_video = self._videos(real), self._videos(fake)
        video = _binary(real_video[:, :1], 1.0) + _binary(fake_video[:, :1], 0.0)
        losses = {"image_discriminator": image, "video_discriminator": video}
        named = self.naming(real_video[:, 1:], action)
        if named is not None:
            losses |= {"video_discriminator": video + self.category_weight * named, "real_category": named}
        return losses

    def _fool(self, fake: Tensor, action: Tensor) -> Tensor:
        video = self._videos(fake)
        total = _binary(self._images(fake), 1.0) + _binary(video[:, :1], 1.0)
        named = self.naming(video[:, 1:], action)
        return total if named is None else total + self.category_weight * named

    def _images(self, x: Tensor) -> Tensor:
        """Logits of one frame of each video, drawn at random."""
        frame = parallel_random.integers(x.shape[1], len(x), x.device)
        return self.image_discriminator(self._noisy(x[torch.arange(len(x), device=x.device), frame])).flatten(1)

    def _videos(self, x: Tensor) -> Tensor:
        return self.video_discriminator(self._noisy(x).transpose(1, 2)).flatten(1)

    def _noisy(self, x: Tensor) -> Tensor:
        return x + self.config.instance_noise * parallel_random.normal_like(x) if self.config.instance_noise else x


def _binary(logits: Tensor, target: float) -> Tensor:
    return functional.binary_cross_entropy_with_logits(logits.float(), torch.full_like(logits, target).float())


def _halvings(size: int) -> int:
    """How often a frame is halved until it is 4 to 7 pixels wide: 4 for 64 and for 96."""
    halvings = size.bit_length() - 3
    if halvings < 1 or size % (1 << halvings):
        raise UserError(f"datasets.*.size: {size} is not 4, 5, 6 or 7 doubled once or more, as 32, 64 or 96 are")
    return halvings


def _innermost(size: int) -> int:
    """The side of the smallest map."""
    return size >> _halvings(size)


def _generator(inputs: int, shape: contract.DataShape, width: int) -> nn.Sequential:
    channels = [width * 2**i for i in reversed(range(_halvings(shape.size)))]
    layers: list[nn.Module] = [nn.ConvTranspose2d(inputs, channels[0], _innermost(shape.size), 1, 0, bias=False)]
    for before, after in zip(channels, channels[1:], strict=False):
        layers += [nn.BatchNorm2d(before), nn.ReLU(), nn.ConvTranspose2d(before, after, 4, 2, 1, bias=False)]
    layers += [nn.BatchNorm2d(width), nn.ReLU(), nn.ConvTranspose2d(width, shape.channels, 4, 2, 1, bias=False)]
    return nn.Sequential(*layers, nn.Tanh())


def _image_discriminator(shape: contract.DataShape, width: int) -> nn.Sequential:
    channels = [width * 2**i for i in range(_halvings(shape.size))]
    layers: list[nn.Module] = [nn.Conv2d(shape.channels, width, 4, 2, 1, bias=False), nn.LeakyReLU(0.2)]
    for before, after in zip(channels, channels[1:], strict=False):
        layers += [nn.Conv2d(before, after, 4, 2, 1, bias=False), nn.BatchNorm2d(after), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, nn.Conv2d(channels[-1], 1, _innermost(shape.size), 1, 0, bias=False))


def _video_discriminator(shape: contract.DataShape, width: int, outputs: int) -> nn.Sequential:
    halvings, side = _halvings(shape.size), _innermost(shape.size)
    # Kernels whose sum of (kernel - 1) is T - 1: the paper's 4, 4, 4, 4, 4 at 16 frames of 64 pixels.
    kernels = [1 + (shape.frames - 1 + i) // (halvings + 1) for i in reversed(range(halvings + 1))]
    channels, layers = shape.channels, []
    for i, kernel in enumerate(kernels[:-1]):
        after = width * 2**i
        layers.append(nn.Conv3d(channels, after, (kernel, 4, 4), (1, 2, 2), (0, 1, 1), bias=False))
        layers += [nn.BatchNorm3d(after)] if i else []
        layers.append(nn.LeakyReLU(0.2))
        channels = after
    return nn.Sequential(*layers, nn.Conv3d(channels, outputs, (kernels[-1], side, side), 1, 0, bias=False))
