"""How video GANs with content and motion are trained (Tulyakov et al., CVPR 2018).

    x_t = G(z_C, y_t);   D_I sees single frames, D_V whole sequences (video_gan_networks.py)

Only the origin of the motion y_t differs between models. The generator's objective is the non-saturating one,
-log D(G), as in public code; the paper writes log(1 - D(G)).
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from latentmotion.core import parallel_random
from latentmotion.models import base as contract
from latentmotion.models.components import video_gan_networks as networks


class VideoGAN(contract.SequenceModel):
    """A subclass makes its motion modules, then calls `build`, and gives `motion_modules` and `draw_motion`.

    Keys that its `Config` has, besides those of its motion:

        content: size of z_C.
        width: channels of the layer next to the frame.
        code_units: units of each of two linear layers that the codes go through in front of G; 0: there are none.
        background: intensities in [0, 1] at which the output bias of G starts; without them it has none.
        discriminator_norm: whether the discriminators have batch normalisation.
        batch_deviation: whether D_I sees how much the frames of a batch differ.
        time_stride: of D_V's convolutions (video_gan_networks.py).
        instance_noise: standard deviation of noise on what the discriminators see.
        discriminator_rate: learning rate of the discriminators as a share of the generator's.
        r1, r1_every: weight gamma of the penalty gamma / 2 E|dD(x)/dx|^2 on real x (Mescheder et al., 2018), which is
            applied at every so many steps, and so many times as strongly then.
        real_label: what the discriminators are asked to answer to real data; below 1 it is a one-sided smooth label.
        video_share: share of the batch whose whole videos are generated and shown to D_V. Of each of the others only
            one frame is generated; D_I sees one frame of each sequence of the batch.
        window: generated videos begin at a frame drawn from 0 to this one.

    There is no encoder, so nothing of a real sequence can be held.
    """

    category_weight = 1.0  # of `naming`

    def __init__(self, config: contract.NetworkConfig, shape: contract.DataShape):
        super().__init__()
        self.config, self.shape = config, shape
        self.content_noise = config.content

    def build(self, motion: int, answers: int = 1) -> None:
        """G for `motion` numbers a frame; D_I; D_V with `answers` outputs, the first of which is real or not."""
        config, shape = self.config, self.shape
        self.generator = networks.generator(
            config.content + motion, shape, config.width, config.background, config.code_units
        )
        norm = config.discriminator_norm
        self.image_discriminator = networks.image_discriminator(shape, config.width, norm, config.batch_deviation)
        self.video_discriminator = networks.video_discriminator(shape, config.width, answers, norm, config.time_stride)
        if config.r1:
            self.register_buffer("steps", torch.zeros((), dtype=torch.long))  # done so far

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
        whole = max(1, round(count * self.config.video_share))
        action = parallel_random.shuffled(batch.action)
        noise = parallel_random.normal(count, self.motion_noise(length + self.config.window), batch.x.device)
        with autocast():
            content = parallel_random.normal(count, self.content_noise, batch.x.device)
            motion, terms = self.draw_motion(action, length + self.config.window, noise)
            fake = self._generated(content, self._windows(motion, length), whole)
            real = batch.x[:whole], batch.x[whole:]
            losses = self._discriminate(real, [x.detach() for x in fake], batch.action[:whole])
        for optimiser in optimisers:
            optimiser.zero_grad(set_to_none=True)
        sum(losses[name] for name in ("image_discriminator", "video_discriminator", "r1") if name in losses).backward()
        norms = [
            self.apply_gradients(network.parameters(), optimiser)
            for network, optimiser in ((self.image_discriminator, image), (self.video_discriminator, video))
        ]
        # The generator's backward pass must not add to the discriminators' gradients, which the census looks at.
        for network in (self.image_discriminator, self.video_discriminator):
            network.requires_grad_(False)
        with autocast():
            losses["total"] = self._fool(fake, action[:whole]) + sum(terms.values())
        losses["total"].backward()
        for network in (self.image_discriminator, self.video_discriminator):
            network.requires_grad_(True)
        norms.append(self.apply_gradients(self._generating(), generator))
        if self.config.r1:
            self.steps += 1
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

    def _windows(self, motion: Tensor, length: int) -> Tensor:
        """`length` successive frames of motion (B, length + window, M), from a frame of each sequence's own on."""
        if not self.config.window:
            return motion
        first = parallel_random.integers(self.config.window + 1, len(motion), motion.device)
        frames = first[:, None] + torch.arange(length, device=motion.device)
        return motion[torch.arange(len(motion), device=motion.device)[:, None], frames]

    def _generated(self, content: Tensor, motion: Tensor, whole: int) -> tuple[Tensor, Tensor]:
        """The first `whole` videos, (whole, T, C, H, W), and one frame each of the others, (B - whole, C, H, W)."""
        count, length = motion.shape[:2]
        if whole == count:
            return self.decode(content, motion), motion.new_zeros(0)
        frame = parallel_random.integers(length, count, motion.device)[whole:]
        place = torch.arange(whole, count, device=motion.device)
        videos = torch.cat([content[:whole, None].expand(-1, length, -1), motion[:whole]], dim=2).flatten(0, 1)
        frames = torch.cat([content[whole:], motion[place, frame]], dim=1)
        x = self.generator(torch.cat([videos, frames])[..., None, None])
        return x[: whole * length].unflatten(0, (whole, length)), x[whole * length :]

    def _discriminate(self, real: tuple, fake: tuple, action: Tensor) -> dict[str, Tensor]:
        """Losses of both discriminators. `real` and `fake` hold whole videos and the rest, of which D_I alone sees."""
        due = bool(self.config.r1) and int(self.steps) % self.config.r1_every == 0
        label, frames = self.config.real_label, self._frames(*real)
        frames = frames.detach().requires_grad_() if due else frames
        real_image = self.image_discriminator(frames).flatten(1)
        image = _binary(real_image, label) + _binary(self._images(*fake), 0.0)
        videos = self._noisy(real[0]).transpose(1, 2)
        videos = videos.detach().requires_grad_() if due else videos
        real_video, fake_video = self.video_discriminator(videos).flatten(1), self._videos(fake[0])
        video = _binary(real_video[:, :1], label) + _binary(fake_video[:, :1], 0.0)
        losses = {"image_discriminator": image, "video_discriminator": video}
        named = self.naming(real_video[:, 1:], action)
        if named is not None:
            losses |= {"video_discriminator": video + self.category_weight * named, "real_category": named}
        if self.config.r1:
            penalty = _slope(real_image, frames) + _slope(real_video[:, :1], videos) if due else image.new_zeros(())
            losses["r1"] = 0.5 * self.config.r1 * self.config.r1_every * penalty
        return losses

    def _fool(self, fake: tuple, action: Tensor) -> Tensor:
        video = self._videos(fake[0])
        total = _binary(self._images(*fake), 1.0) + _binary(video[:, :1], 1.0)
        named = self.naming(video[:, 1:], action)
        return total if named is None else total + self.category_weight * named

    def _frames(self, videos: Tensor, rest: Tensor) -> Tensor:
        """One frame of each video, drawn at random, and of the rest, which are videos or frames already."""
        found = _any_frame(videos)
        if len(rest):
            found = torch.cat([found, rest if rest.ndim == 4 else _any_frame(rest)])
        return self._noisy(found)

    def _images(self, videos: Tensor, rest: Tensor) -> Tensor:
        """Logits of one frame of each video, drawn at random, and of the rest."""
        return self.image_discriminator(self._frames(videos, rest)).flatten(1)

    def _videos(self, x: Tensor) -> Tensor:
        return self.video_discriminator(self._noisy(x).transpose(1, 2)).flatten(1)

    def _noisy(self, x: Tensor) -> Tensor:
        return x + self.config.instance_noise * parallel_random.normal_like(x) if self.config.instance_noise else x


def _any_frame(x: Tensor) -> Tensor:
    """A frame of each video (B, T, C, H, W), drawn at random: (B, C, H, W)."""
    frame = parallel_random.integers(x.shape[1], len(x), x.device)
    return x[torch.arange(len(x), device=x.device), frame]


def _slope(logits: Tensor, x: Tensor) -> Tensor:
    """E |dD(x)/dx|^2 of logits D(x) (B, 1), such that it can itself be differentiated by the weights of D."""
    (slope,) = torch.autograd.grad(logits.float().sum(), x, create_graph=True)
    return slope.float().square().flatten(1).sum(1).mean()


def _binary(logits: Tensor, target: float) -> Tensor:
    return functional.binary_cross_entropy_with_logits(logits.float(), torch.full_like(logits, target).float())
