"""The dataset on the device as uint8 (on the CPU the map that all processes share), and batches as index arrays: no
loader, nothing to starve."""

import numpy as np
import torch

from latentmotion.core import parallel
from latentmotion.core.errors import UserError
from latentmotion.core.keyed_random import permutation
from latentmotion.core.pixels import to_float
from latentmotion.data.prepared import Split, label_specs
from latentmotion.models.base import Batch, DataShape


def shape_of(manifest: dict, split: str = "train") -> DataShape:
    """What a model must know of a prepared dataset."""
    _, frames, channels, *sides = manifest["splits"][split]["shape"]
    actions = len(label_specs(manifest)["action"].classes)
    return DataShape(frames, channels, sides[0] if sides else 1, actions, manifest["splits"]["train"]["groups"])


def places(group: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Where each group stands among the sorted groups of a training split; -1 for one that is not there."""
    known = np.unique(known)
    place = np.searchsorted(known, group).clip(max=len(known) - 1)
    return np.where(known[place] == group, place, -1)


def batch_of(split: Split, ids: np.ndarray, known: np.ndarray, device: torch.device) -> Batch:
    """Chosen sequences of a split. `known` are the groups of the training split."""
    return Batch(
        to_float(torch.from_numpy(np.array(split.x[ids])).to(device)),
        torch.from_numpy(split.labels["action"][ids]).to(device),
        torch.from_numpy(places(split.group[ids], known)).to(device),
        torch.from_numpy(split.seen[ids]).to(device),
    )


class Batches:
    """Batch number `step` of an endless training: epochs are permutations keyed by (seed, epoch), less a remainder.

    Arguments:
        split: the sequences; copied to a GPU once, and not at all on the CPU.
        size: sequences in a batch over all processes; each process takes its part, all of one size.
        seed: of the training.
    """

    def __init__(self, split: Split, size: int, seed: int, device: torch.device):
        if len(split) < size:
            raise UserError(f"training.batch: {size} is more than the {len(split)} training sequences; lower it")
        if size % parallel.processes():
            raise UserError(f"training.batch: {size} cannot be shared out to {parallel.processes()} processes")
        self.x = torch.from_numpy(split.x).to(device)
        self.action = torch.from_numpy(split.labels["action"]).to(device)
        self.object = torch.from_numpy(places(split.group, split.group)).to(device)
        self.seen = torch.from_numpy(split.seen).to(device)
        self.size, self.seed, self.device = size, seed, device
        self.per_epoch = len(split) // size

    def indices(self, step: int) -> np.ndarray:
        epoch, position = divmod(step, self.per_epoch)
        order = permutation(len(self.x), self.seed, "order", epoch)
        return order[position * self.size : (position + 1) * self.size]

    def __call__(self, step: int) -> Batch:
        index = torch.from_numpy(self.indices(step)[parallel.part(self.size)]).to(self.device)
        return Batch(to_float(self.x[index]), self.action[index], self.object[index], self.seen[index])
