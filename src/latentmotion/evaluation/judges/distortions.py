"""Distortions of videos. The video judge learns to recognise them, in addition to the data sets.

Videos (B, T, C, H, W) in [-1, 1] are of one data set. Each gets a given kind of distortion, with a random strength.
Five kinds change the order of the frames (`_times`), two mix in another video of the batch, and four change the
picture. The background is the colour of the upper left pixel of a video.

Every video, of whatever kind, also gets noise too weak to be visible. The background of simulated videos is exactly
constant; without this noise, a network could recognise generated videos by their background alone.
"""

import torch
from torch import Tensor
from torch.nn import functional

KINDS = (
    "none",
    "shuffled",  # all frames are in random order
    "swapped",  # two frames are exchanged
    "frozen",  # the motion stops at a random frame
    "slowed",  # each frame is shown twice
    "hurried",  # every second frame is shown, first forwards and then backwards
    "spliced",  # from a random frame on, another video follows
    "doubled",  # the mean of two videos
    "shaken",  # each frame is moved by up to two pixels
    "noisy",
    "blurred",
    "erased",  # half of the picture is background
)

WEAK_NOISE = 0.04  # largest standard deviation of the noise that every video gets: 5 of 256 grey levels


def distort(x: Tensor, kinds: Tensor, generator: torch.Generator) -> Tensor:
    """A distorted copy of x (B, T, C, H, W). `kinds` (B,) are indices into KINDS; `generator` gives random numbers."""
    names = [KINDS[kind] for kind in kinds.tolist()]
    length = x.shape[1]
    times = torch.stack([_times(name, length, generator) for name in names]).to(x.device)
    out = x[torch.arange(len(x), device=x.device)[:, None], times]
    others = x.roll(1, 0)
    for i, name in enumerate(names):
        if name == "spliced":
            start = _integer(length // 4, length - length // 4, generator)
            out[i, start:] = others[i, start:]
        elif name == "doubled":
            out[i] = (x[i] + others[i]) / 2
        elif name == "shaken":
            for t, (down, right) in enumerate(torch.randint(-2, 3, (length, 2), generator=generator).tolist()):
                out[i, t] = out[i, t].roll((down, right), (-2, -1))
        elif name == "noisy":
            strength = 0.1 + 0.3 * torch.rand(1, generator=generator)
            out[i] += (strength * torch.randn(x[i].shape, generator=generator)).to(x.device)
        elif name == "blurred":
            out[i] = functional.avg_pool2d(out[i], 3, 1, 1, count_include_pad=False)
        elif name == "erased":
            axis, half = _integer(-2, 0, generator), x.shape[-1] // 2
            background = x[i, 0, :, 0, 0, None, None]
            out[i].narrow(axis, half * _integer(0, 2, generator), half).copy_(background)
    deviation = WEAK_NOISE * torch.rand(len(x), 1, 1, 1, 1, generator=generator)
    return out + (deviation * torch.randn(x.shape, generator=generator)).to(x.device)


def _times(name: str, length: int, generator: torch.Generator) -> Tensor:
    """The index of the frame that is shown at each time, (T,)."""
    times = torch.arange(length)
    if name == "shuffled":
        return torch.randperm(length, generator=generator)
    if name == "swapped":
        first, second = torch.randperm(length, generator=generator)[:2].tolist()
        times[[first, second]] = times[[second, first]]
    elif name == "frozen":
        times = times.clamp(max=_integer(0, length // 2, generator))
    elif name == "slowed":
        times = times // 2 + _integer(0, length // 2 + 1, generator)
    elif name == "hurried":
        times = length - 1 - (2 * times - (length - 1)).abs()
    return times


def _integer(low: int, high: int, generator: torch.Generator) -> int:
    """A uniform integer from low to high - 1."""
    return int(torch.randint(low, high, (1,), generator=generator))
