"""What a protocol is. A protocol states what is kept of the test sequences, what is sampled, and what is measured.

Each protocol is one file of this folder: a module with `NAME`, `NEEDS` (capabilities of a model) and one or both of

    generate(model, own, partner, ids, seed) -> Generated      sequences that the judges classify
    measure(context) -> dict[str, float]                       metrics that are computed directly

It may also have

    applies(context) -> bool       whether the protocol fits the data set
    scored(context) -> int         how many sequences are measured, where these are not the whole split
    DATASETS = ("name", ...)       the only data sets for which it is meant, as keys of `datasets` in params.yaml;
                                   other data sets are not evaluated again when such a protocol is added
    EXCEPT = ("name", ...)         the only data sets for which it is not meant, likewise

A measured protocol with empty `NEEDS` describes the data alone; only the real test sequences enter it (`context.model`
is None). In `generate`, `own` are the codes of test sequences, `ids` their indices in the split, and `partner` the
codes of another test sequence for each of them (motion-swap). Noise is keyed by (seed, protocol, id), so that scores do
not depend on the size of a batch.
"""

import importlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import ModuleType

import numpy as np
import torch
from torch import Tensor

from latentmotion.core.keyed_random import normal, permutation
from latentmotion.core.source_code import modules
from latentmotion.data.prepared import PreparedDataset, Split
from latentmotion.models import base as contract
from latentmotion.training.batches import batch_of

BATCH = 128


@dataclass
class Codes:
    """Content (B, Z), motion (B, T, M), action (B,) and first frame (B, 1, C, H, W) of some test sequences.

    Content and motion are None where the model has no encoder. `frames` is T.
    """

    content: Tensor | None
    motion: Tensor | None
    action: Tensor
    first: Tensor
    frames: int


@dataclass
class Generated:
    """Sequences x (B, T, C, H, W) to judge, and the sequence whose labels they should have.

    `motion`, for labels of motion, and `content`, for labels of content, are "own" (the test sequence itself),
    "partner" (the other sequence) or None (nothing was kept that decides the label, so no accuracy is measured).
    """

    x: Tensor
    motion: str | None
    content: str | None


@dataclass
class EvaluationContext:
    """What every protocol is given: a model, the sequences on which it is scored, and the networks that measure them.

    Arguments:
        model: None for the real sequences themselves.
        split: the split that is scored.
        train: the training split, for classifiers that must be fitted to other sequences than the scored ones.
        data: the data set of both splits.
        settings: the settings of the evaluation, with source, scale and seed.
        partners: (N,), for each scored sequence the index of one of another group.
        judges: label -> judge of the data set.
        codes: the codes of every scored sequence; None before they are computed and for real sequences.
        feature_extractors: networks in whose features Frechet distances of videos are taken (video_judge.py, i3d.py).
        frame_feature_extractors: the same for single frames (frame_judge.py, inception.py).
    """

    model: contract.SequenceModel | None
    split: Split
    train: Split
    data: PreparedDataset
    device: torch.device
    settings: dict
    partners: np.ndarray
    judges: dict = field(default_factory=dict)
    codes: Codes | None = None
    feature_extractors: list = field(default_factory=list)
    frame_feature_extractors: list = field(default_factory=list)

    @property
    def seed(self) -> int:
        return self.settings["seed"]

    @property
    def facts(self) -> dict:
        """What the manifest states about the data beyond its arrays."""
        return self.data.facts

    def batches(
        self, split: Split | None = None, chosen: np.ndarray | None = None
    ) -> Iterator[tuple[np.ndarray, contract.Batch]]:
        """Sequences of a split (default: the scored one), as pairs of indices and batch.

        Arguments:
            chosen: the indices of the sequences, in order; None for every sequence.
        """
        split = split or self.split
        chosen = np.arange(len(split)) if chosen is None else chosen
        for places in in_batches(len(chosen)):
            yield chosen[places], batch_of(split, chosen[places], self.train.group, self.device)


def subset(split: Split, count: int, name: str) -> np.ndarray:
    """The indices of `count` sequences of a split, or of all where it has fewer, in ascending order.

    The choice is random and keyed by the protocol's name, so that it is the same for every model and seed.
    """
    return np.sort(permutation(len(split), name)[:count])


def from_priors(context: EvaluationContext, ids: np.ndarray, frames: int, name: str) -> Tensor:
    """Videos (len(ids), frames, C, H, W) in [-1, 1] with content and motion from the priors.

    A model that takes an action is given those of the scored sequences in turn. The noise is keyed by the ids and the
    protocol's name.
    """
    model, action = context.model, torch.from_numpy(context.split.labels["action"]).to(context.device)
    content = normal(ids, model.content_noise, context.seed, name, "content").to(context.device)
    motion = normal(ids, model.motion_noise(frames), context.seed, name, "motion").to(context.device)
    path = model.sample_motion(action[ids % len(action)], frames, motion)
    return within(model.decode(model.sample_content(content), path))


def within(x: Tensor) -> Tensor:
    """Frames as a screen shows them: float32, cut off to [-1, 1], and grey where a number is not finite."""
    return x.float().nan_to_num(0, 1, -1).clamp(-1, 1)


def in_batches(count: int) -> Iterator[np.ndarray]:
    """The numbers 0 to count - 1 in order, BATCH at a time."""
    for start in range(0, count, BATCH):
        yield np.arange(start, min(start + BATCH, count))


def protocols(dataset: str) -> dict[str, ModuleType]:
    """File name -> module, of every protocol in this folder that is meant for a dataset.

    Arguments:
        dataset: the id of the dataset, as in paths. A protocol whose DATASETS lacks the dataset's name, or whose EXCEPT
            has it, is left out.
    """
    folder = __name__.rpartition(".")[0]
    found = {name: importlib.import_module(f"{folder}.{name}") for name in modules("evaluation/protocols")}
    return {name: module for name, module in found.items() if _is_meant_for(module, dataset.removesuffix("-drawn"))}


def _is_meant_for(protocol: ModuleType, dataset: str) -> bool:
    return dataset in getattr(protocol, "DATASETS", (dataset,)) and dataset not in getattr(protocol, "EXCEPT", ())
