"""Random batches with the sizes of a data set, for measurements that need no prepared data.

Nothing can be learnt from them. They are valid in what a model may rely on: ranges, shapes and numbers of classes.
"""

import time
from dataclasses import dataclass

import torch
from torch.nn import functional

from latentmotion.config.schema import Dataset
from latentmotion.core.errors import UserError, nearest
from latentmotion.core.keyed_random import key
from latentmotion.models.base import Batch, DataShape
from latentmotion.training.device_speed import synchronise

SQUARES = 4  # a picture has so many squares along each side, each with a random colour


@dataclass(frozen=True)
class Facts:
    """What a model must know of a data set beside the sizes in params.yaml.

    Arguments:
        channels: of a frame; None for sound, whose frames are `size` numbers.
        actions: the number of classes of the label action.
        groups: about how many groups the training split has at the paper's size.
        hidden: whether frames are hidden from the model.
    """

    channels: int | None
    actions: int
    groups: int
    hidden: bool = False


FACTS = {
    "sprites": Facts(3, 9, 900),
    "faces": Facts(3, 6, 936),
    "balls": Facts(3, 1, 700),
    "rotating_mnist": Facts(1, 1, 360, hidden=True),
    "moving_mnist": Facts(1, 1, 55000),
    "moving_shapes": Facts(3, 12, 320),
    "timit": Facts(None, 1, 3696),
    "spoken_digits": Facts(None, 1, 2347),
    **dict.fromkeys(("mass_spring", "pendulum", "double_pendulum", "two_body", "three_body"), Facts(3, 1, 50000)),
    "ring": Facts(2, 1, 50000),
    "ring_finite": Facts(2, 1, 1024),
    "modes": Facts(2, 1, 50000),
}


def facts(dataset: str) -> Facts:
    """The facts of a data set. Raises UserError where this file has none."""
    if dataset not in FACTS:
        raise UserError(f"{__file__}: FACTS has no data set '{dataset}'; add it ({nearest(dataset, FACTS)})")
    return FACTS[dataset]


def shape_of(dataset: str, section: Dataset) -> DataShape:
    """The shape of a data set, from its section of params.yaml and the facts above."""
    known = facts(dataset)
    groups = section.options.get("train", known.groups)  # of points, which are groups of their own
    if known.channels is None:
        return DataShape(section.frames, section.size, 1, known.actions, groups)
    return DataShape(section.frames, known.channels, section.size, known.actions, groups)


class RandomBatches:
    """Called with a step number, it returns a random batch of that step, the same on every device.

    Arguments:
        shape: the sizes of a sequence; size 1 for sound and points.
        size: the number of sequences in a batch.
        hidden: whether one random frame of each sequence is hidden.

    Attributes:
        asked, given: when each batch was asked for, after the device had finished all earlier work, and when it was
            given, in seconds. The time between them is that of drawing the batch, which is no part of a training.
    """

    def __init__(self, shape: DataShape, size: int, device: torch.device, hidden: bool = False):
        self.shape, self.size, self.device, self.hidden = shape, size, device, hidden
        self.asked: list[float] = []
        self.given: list[float] = []

    def __call__(self, step: int) -> Batch:
        synchronise(self.device)
        self.asked.append(time.perf_counter())
        shape, generator = self.shape, torch.Generator().manual_seed(key("random batch", step))
        seen = torch.ones(self.size, shape.frames, dtype=torch.bool)
        if self.hidden:
            place = torch.randint(shape.frames, (self.size, 1), generator=generator)
            seen.scatter_(1, place, False)
        x = self._sequences(generator)
        action = torch.randint(shape.actions, (self.size,), generator=generator)
        group = torch.randperm(shape.groups, generator=generator).repeat(-(-self.size // shape.groups))[: self.size]
        batch = Batch(*(part.to(self.device) for part in (x, action, group, seen)))
        synchronise(self.device)
        self.given.append(time.perf_counter())
        return batch

    def seconds(self) -> list[float]:
        """What was done with each batch until the next one was asked for: the durations of all steps but the last."""
        return [asked - given for given, asked in zip(self.given, self.asked[1:], strict=False)]

    def _sequences(self, generator: torch.Generator) -> torch.Tensor:
        """Pictures (B, T, C, H, W) of coloured squares in [-1, 1]; sound and points (B, T, F), standard normal."""
        shape = self.shape
        if shape.size == 1:
            return torch.randn(self.size, shape.frames, shape.channels, generator=generator)
        squares = torch.rand(self.size * shape.frames, shape.channels, SQUARES, SQUARES, generator=generator) * 2 - 1
        frames = functional.interpolate(squares, size=(shape.size, shape.size))
        return frames.unflatten(0, (self.size, shape.frames))
