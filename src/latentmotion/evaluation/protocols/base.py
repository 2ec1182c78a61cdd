"""Protocols: what is held, what is sampled, what is judged or measured (design: one file a protocol).

A protocol module has `NAME`, `NEEDS` (capabilities of a model), one or both of

    generate(model, own, partner, ids, seed) -> Generated      judged by classifiers
    measure(trial) -> dict[str, float]                         measured directly

and, where it does not fit every dataset, `applies(trial) -> bool`; where what it measures is not of the whole split,
`scored(trial) -> int`, of how many sequences it is. A protocol that is meant for certain data sets only may have the
literal constant `DATASETS = ("name", ...)`, keys of `datasets` in params.yaml: no other data set is evaluated anew
because of such a file. A measured protocol that needs nothing says
something of the data alone and is entered by the real test sequences (`trial.model` is None). `own` are the codes of
test sequences, ids their positions in the split, and `partner` the codes of another test sequence for each of them
(motion-swap). Noise is keyed by (seed, protocol, id): scores do not depend on the batch.
"""

import importlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import numpy as np
import torch
from torch import Tensor

from latentmotion.core.source_code import modules
from latentmotion.data.prepared import Split, read_manifest
from latentmotion.models import base as contract
from latentmotion.training.batches import batch_of

BATCH = 128


@dataclass
class Codes:
    """Content (B, Z), motion (B, T, M), action (B,) and first frame (B, 1, C, H, W) of some test sequences.

    Content and motion are None where the model encodes nothing.
    """

    content: Tensor | None
    motion: Tensor | None
    action: Tensor
    first: Tensor
    frames: int


@dataclass
class Generated:
    """Sequences to judge, and where each of their labels should come from.

    `motion` and `content` are "own" (the test sequence itself), "partner" (the other sequence) or None (nothing was
    held that could decide the label, so no accuracy is measured).
    """

    x: Tensor
    motion: str | None
    content: str | None


@dataclass
class Trial:
    """A model and the sequences on which it is scored.

    Arguments:
        model: None for the real sequences themselves.
        split: what is scored. `train` opens the training split, for probes that must learn from something else.
        folder: of the prepared dataset.
        settings: of the evaluation (params.Evaluation, seed and so on).
        partners: for each sequence another one of another group.
        codes: of every scored sequence; None without ENCODE.
        panel: the dataset's judges by label.
        watchers: networks on whose features Frechet distances of videos are taken (video_judge.py, i3d.py).
        frame_watchers: the same of single frames (frame_judge.py, inception.py).
    """

    model: contract.SequenceModel | None
    split: Split
    train: Split
    folder: Path
    device: torch.device
    settings: dict
    partners: np.ndarray
    panel: dict = field(default_factory=dict)
    codes: Codes | None = None
    watchers: list = field(default_factory=list)
    frame_watchers: list = field(default_factory=list)

    @property
    def seed(self) -> int:
        return self.settings["seed"]

    @property
    def facts(self) -> dict:
        """What the manifest says of the data beyond its arrays."""
        return read_manifest(self.folder)["facts"]

    def batches(self, split: Split | None = None) -> Iterator[tuple[np.ndarray, contract.Batch]]:
        """Every sequence of a split (default: the scored one) in order, with its place in it."""
        split = split or self.split
        for ids in in_batches(len(split)):
            yield ids, batch_of(split, ids, self.train.group, self.device)


def in_batches(count: int) -> Iterator[np.ndarray]:
    """The numbers 0 to count - 1 in order, BATCH at a time."""
    for start in range(0, count, BATCH):
        yield np.arange(start, min(start + BATCH, count))


def protocols(dataset: str) -> dict[str, ModuleType]:
    """File name -> module, of every protocol in this folder that is meant for a dataset.

    Arguments:
        dataset: the id of the dataset, as in paths. A protocol whose DATASETS lacks the dataset's name is left out.
    """
    folder = __name__.rpartition(".")[0]
    found = {name: importlib.import_module(f"{folder}.{name}") for name in modules("evaluation/protocols")}
    return {name: module for name, module in found.items() if _is_meant_for(module, dataset.removesuffix("-drawn"))}


def _is_meant_for(protocol: ModuleType, dataset: str) -> bool:
    return dataset in getattr(protocol, "DATASETS", (dataset,))
