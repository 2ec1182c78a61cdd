"""What figures show: a trained model, and test sequences that are drawn by a fixed key instead of selected by eye.

Where a model has several training seeds on a data set, the one that is declared first is shown.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from latentmotion.config.catalogue import dataset_name
from latentmotion.core.errors import UserError
from latentmotion.core.keyed_random import permutation
from latentmotion.core.pixels import to_float, to_uint8
from latentmotion.data.label_spec import LabelSpec
from latentmotion.data.prepared import PreparedDataset, Split
from latentmotion.models.base import SequenceModel
from latentmotion.reporting.titles import Titles, learnt_note
from latentmotion.training import device as devices
from latentmotion.training import load


@dataclass(frozen=True)
class Shown:
    """A trained model and the test split of its data.

    Attributes:
        name: model/dataset/seed, for messages.
        system: the title of the model, marked where the run has not learnt.
        dataset: the title of the data set.
        title: the titles of both, the seed and the scale.
    """

    model: SequenceModel
    data: PreparedDataset
    split: Split
    device: torch.device
    name: str
    system: str
    dataset: str
    title: str

    @property
    def specs(self) -> dict[str, LabelSpec]:
        """The meaning of each label."""
        return self.data.labels

    def labels(self, *kinds: str) -> list[str]:
        """The names of the labels of these kinds, such as "content"."""
        return [name for name, spec in self.specs.items() if spec.kind in kinds]

    @property
    def actions(self) -> tuple[str, ...]:
        """The names of the actions."""
        return self.specs["action"].classes

    def choose(self, count: int, purpose: str) -> np.ndarray:
        """The ids of up to `count` sequences in a random order of a fixed key.

        Each is of a group of its own, and their actions are as different as possible.
        """
        order = permutation(len(self.split), purpose)
        action = self.split.labels["action"][order]
        turn = [int((action[:i] == value).sum()) for i, value in enumerate(action)]
        order = order[np.argsort(turn, kind="stable")]
        _, first = np.unique(self.split.group[order], return_index=True)
        return order[np.sort(first)][:count]

    def pairs(self, labels: list[str], count: int, purpose: str) -> list[tuple[int, int]]:
        """Up to `count` disjoint pairs of ids whose sequences differ in group and in every one of the labels.

        In a random order of a fixed key, each sequence that has no partner yet gets the next one that differs from it.
        """
        left = list(map(int, permutation(len(self.split), purpose)))
        keys = np.stack([self.split.group, *(self.split.labels[name] for name in labels)])
        found = []
        while left and len(found) < count:
            a = left.pop(0)
            b = next((b for b in left if (keys[:, a] != keys[:, b]).all()), None)
            if b is not None:
                left.remove(b)
                found.append((a, b))
        return found

    def given(self, ids: np.ndarray) -> tuple[Tensor, Tensor]:
        """The input of a model for test sequences: x (N, T, C, H, W) in [-1, 1] and action (N,)."""
        return self.tensor(self.split.x[ids]), self.on_device(self.split.labels["action"][ids])

    def tensor(self, frames: np.ndarray) -> Tensor:
        """uint8 frames as the input of a model, in [-1, 1]."""
        return to_float(torch.from_numpy(np.array(frames)).to(self.device))

    def on_device(self, action: np.ndarray) -> Tensor:
        """Action labels as the input of a model."""
        return torch.from_numpy(np.asarray(action)).to(self.device)

    def roll(self, content: Tensor, states: Tensor) -> np.ndarray:
        """The frames that paths of states (N, L, K, S) decode to: (N, L, C, H, W) uint8."""
        return to_uint8(self.model.decode(content, self.model.motion_of(states)))

    def called(self, i: int) -> str:
        """The number of a test sequence as text, with its action where the data set has several."""
        action = f", {self.actions[self.split.labels['action'][i]]}" if len(self.actions) > 1 else ""
        return f"test sequence {i}{action}"


def open_runs(runs: list[Path], settings: dict, device: str, needs: set[str]) -> list[Shown]:
    """Opens one run of each model and data set (`first_seeds`).

    Raises UserError for a model that lacks a capability of `needs`, and for sequences with hidden frames, in which no
    frame stands for the first.
    """
    chosen = devices.choose(device)
    return [_open(run, settings, chosen, needs) for run in first_seeds(runs, settings)]


def first_seeds(runs: list[Path], settings: dict) -> list[Path]:
    """The run of the first seed for each data set and model, in the order of the figure's entry in params.yaml."""
    first: dict[tuple[str, str], Path] = {}
    for run in runs:
        first.setdefault(run.parts[-3:-1], run)
    if not first:
        raise UserError(
            f"{settings['report']}: no model of {settings['models']} is trained on any of {settings['datasets']}; "
            "add one to 'runs' in params.yaml"
        )
    models, datasets = settings["models"], settings["datasets"]
    return [
        first[name] for name in sorted(first, key=lambda n: (datasets.index(dataset_name(n[1])), models.index(n[0])))
    ]


def _open(run: Path, settings: dict, device: torch.device, needs: set[str]) -> Shown:
    loaded, record = load.load_run(run, device)
    model, dataset, seed = run.parts[-3:]
    name = f"{model}/{dataset}/{seed}"
    if missing := sorted(needs - loaded.capabilities):
        raise UserError(
            f"{name}: the model lacks '{missing[0]}', which the figure shows; remove it from the figure in params.yaml"
        )
    prepared = PreparedDataset.open(Path(record["data_folder"]))
    split = prepared.split("test")
    if not split.seen.all():
        raise UserError(
            f"{prepared.folder}: its sequences have hidden frames, which the figure cannot show; remove the dataset "
            "from the figure in params.yaml"
        )
    loaded.requires_grad_(False)
    titles = Titles.of(settings)
    system, data = titles.of_run(name), titles.dataset(dataset)
    title = f"{system}, {data}, {seed.replace('seed', 'seed ')}, scale {settings['scale']}{learnt_note(system)}"
    return Shown(loaded, prepared, split, device, name, system, data, title)
