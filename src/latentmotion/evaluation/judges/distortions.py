"""Known distortions of videos: what the video judge learns to tell apart, beside the systems.

Videos (B, T, C, H, W) in [-1, 1] of one dataset; each gets the kind that is asked for, in a strength drawn for it. Five
kinds change which frame is shown when (`_times`), two put in another video of the batch, four change the picture. The
background is the colour of a video's upper left pixel.

Every video, whatever its kind, also gets noise too faint to be seen: drawn backgrounds are flat to the last bit, and a
network that may look at that sees nothing else in a generated video.
"""

import torch
from torch import Tensor
from torch.nn import functional

KINDS = (
    "none",
    "shuffled",  # all frames in random order
    "swapped",  # two frames have changed places
    "frozen",  # the motion stops at some frame
    "slowed",  # each frame twice
    "hurried",  # every second frame, forth and back
    "spliced",  # from some frame on another video
    "doubled",  # two videos over one another
    "shaken",  # each frame moved by up to two pixels
    "noisy",
    "blurred",
    "erased",  # half of the canvas is background
)

FAINT = 0.04  # the largest deviation of what every video gets: 5 of 256 levels


def distort(x: Tensor, kinds: Tensor, generator: torch.Generator) -> Tensor:
    """A distorted copy of x: (B, T, C, H, W). kinds (B,) are places in KINDS; random numbers come from `generator`."""
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
    faint = FAINT * torch.rand(len(x), 1, 1, 1, 1, generator=generator)
    return out + (faint * torch.randn(x.shape, generator=generator)).to(x.device)


def _times(name: str, length: int, generator: torch.Generator) -> Tensor:
    """The frame that is shown at each time: (T,)."""
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
    """low, ..., high - 1."""
    return int(torch.randint(low, high, (1,), generator=generator))
