"""Batches of a training: index arrays into the whole training split, without worker processes that load data.

The split is kept as uint8: on a GPU as a copy in its memory, on the CPU as the memory map that all processes share.
"""

import numpy as np
import torch

from latentmotion.core import parallel
from latentmotion.core.errors import UserError
from latentmotion.core.keyed_random import permutation
from latentmotion.core.pixels import to_float
from latentmotion.data.prepared import Split
from latentmotion.models.base import Batch


def places(group: np.ndarray, known: np.ndarray) -> np.ndarray:
    """The index of each group among the sorted groups `known` of a training split; -1 for a group that is not there."""
    known = np.unique(known)
    place = np.searchsorted(known, group).clip(max=len(known) - 1)
    return np.where(known[place] == group, place, -1)


def batch_of(split: Split, ids: np.ndarray, known: np.ndarray, device: torch.device) -> Batch:
    """The chosen sequences of a split as a batch. `known` are the groups of the training split."""
    return Batch(
        to_float(torch.from_numpy(np.array(split.x[ids])).to(device)),
        torch.from_numpy(split.labels["action"][ids]).to(device),
        torch.from_numpy(places(split.group[ids], known)).to(device),
        torch.from_numpy(split.seen[ids]).to(device),
    )


class Batches:
    """Called with a step number, it returns the batch of that step.

    Each epoch is a permutation of the split, keyed by (seed, epoch); the last len(split) modulo `size` sequences of the
    permutation are left out of the epoch.

    Arguments:
        split: the sequences; they are copied to a GPU once, and not copied on the CPU.
        size: the number of sequences in a batch over all processes; each process takes an equal part of them.
        seed: the seed of the training.
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
        """The ids of the sequences in the whole batch of this step."""
        epoch, position = divmod(step, self.per_epoch)
        order = permutation(len(self.x), self.seed, "order", epoch)
        return order[position * self.size : (position + 1) * self.size]

    def __call__(self, step: int) -> Batch:
        index = torch.from_numpy(self.indices(step)[parallel.part(self.size)]).to(self.device)
        return Batch(to_float(self.x[index]), self.action[index], self.object[index], self.seen[index])
