"""What figures show: a trained model, and test sequences that are chosen by a fixed key, never by eye.

Of several training seeds of a model on a dataset the first that is declared is shown.
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
from latentmotion.data.prepared import LabelSpec, Split, label_specs, open_split, read_manifest
from latentmotion.models.base import SequenceModel
from latentmotion.reporting.display_names import dataset_label, system_label
from latentmotion.training import device as devices
from latentmotion.training import load


@dataclass(frozen=True)
class Shown:
    """A trained model and the test split of its data; `title` says which system, dataset, seed and scale it is."""

    model: SequenceModel
    split: Split
    specs: dict[str, LabelSpec]
    device: torch.device
    title: str
    name: str  # model/dataset/seed, for messages

    def labels(self, *kinds: str) -> list[str]:
        """The names of the labels of these kinds."""
        return [name for name, spec in self.specs.items() if spec.kind in kinds]

    @property
    def actions(self) -> tuple[str, ...]:
        return self.specs["action"].classes

    def choose(self, count: int, purpose: str) -> np.ndarray:
        """Ids of up to `count` sequences in a random order of a fixed key: of as many actions as there are, and each
        of a group of its own."""
        order = permutation(len(self.split), purpose)
        action = self.split.labels["action"][order]
        turn = [int((action[:i] == value).sum()) for i, value in enumerate(action)]
        order = order[np.argsort(turn, kind="stable")]
        _, first = np.unique(self.split.group[order], return_index=True)
        return order[np.sort(first)][:count]

    def pairs(self, labels: list[str], count: int, purpose: str) -> list[tuple[int, int]]:
        """Up to `count` disjoint pairs of ids that differ in group and in every one of the labels.

        Sequences stand in a random order of a fixed key, and each that is not yet in a pair is put with the next that
        differs.
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
        """x (N, T, C, H, W) in [-1, 1] and action (N,) of test sequences, as a model takes them."""
        return self.tensor(self.split.x[ids]), self.asked(self.split.labels["action"][ids])

    def tensor(self, frames: np.ndarray) -> Tensor:
        """uint8 frames as a model takes them."""
        return to_float(torch.from_numpy(np.array(frames)).to(self.device))

    def asked(self, action: np.ndarray) -> Tensor:
        return torch.from_numpy(np.asarray(action)).to(self.device)

    def roll(self, content: Tensor, states: Tensor) -> np.ndarray:
        """The frames of paths of states (N, L, K, S): (N, L, C, H, W) uint8."""
        return to_uint8(self.model.decode(content, self.model.motion_of(states)))

    def called(self, i: int) -> str:
        """Which test sequence it is, with its action where there are several."""
        action = f", {self.actions[self.split.labels['action'][i]]}" if len(self.actions) > 1 else ""
        return f"test sequence {i}{action}"


def open_runs(runs: list[Path], settings: dict, device: str, needs: set[str]) -> list[Shown]:
    """One of each model and dataset (`first_seeds`). A UserError for a model that lacks a capability, and for sequences
    with hidden frames, of which no frame stands for the first."""
    chosen = devices.choose(device)
    return [_open(run, settings["scale"], chosen, needs) for run in first_seeds(runs, settings)]


def first_seeds(runs: list[Path], settings: dict) -> list[Path]:
    """Of each dataset and model the run of the first seed, in the order in which the figure's entry names them."""
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


def title(run: Path, scale: str) -> str:
    """System, dataset, seed and scale; a drawn dataset is called so."""
    model, dataset, seed = run.parts[-3:]
    return f"{system_label(model)}, {dataset_label(dataset)}, {seed.replace('seed', 'seed ')}, scale {scale}"


def _open(run: Path, scale: str, device: torch.device, needs: set[str]) -> Shown:
    model, record = load.load_run(run, device)
    name = "/".join(run.parts[-3:])
    if missing := sorted(needs - model.capabilities):
        raise UserError(f"{name}: lacks '{missing[0]}', which the figure shows; take the model off it in params.yaml")
    folder = Path(record["data_folder"])
    split = open_split(folder, "test")
    if not split.seen.all():
        raise UserError(f"{folder}: its sequences have hidden frames; take the dataset off the figure in params.yaml")
    model.requires_grad_(False)
    return Shown(model, split, label_specs(read_manifest(folder)), device, title(run, scale), name)
