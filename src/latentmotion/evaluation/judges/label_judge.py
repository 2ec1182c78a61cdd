"""Judges: one classifier for each label, trained on the training split and selected on the validation split.

The accuracy of a judge on real test sequences is measured by `evaluate`; the job `judge` cannot open test data.
"""

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from latentmotion.core.errors import UserError, nearest
from latentmotion.core.keyed_random import permutation, seed_torch
from latentmotion.core.pixels import to_float
from latentmotion.core.source_code import code_digest
from latentmotion.core.weights import load_weights
from latentmotion.data.prepared import PreparedDataset, Split
from latentmotion.evaluation.judges.base import SEED, read_judge, train_selected, write_judge
from latentmotion.evaluation.judges.classifier_network import Classifier
from latentmotion.training import device as devices
from latentmotion.training import resource_usage


@dataclass
class Judge:
    """A trained classifier and its record."""

    network: Classifier
    record: dict

    @torch.no_grad()
    def probabilities(self, x: Tensor) -> Tensor:
        """Sequences (B, T, C, H, W) in [-1, 1] -> class probabilities (B, K), float64."""
        return functional.softmax(self.network(x).double(), dim=1)


def train_judge(data: PreparedDataset, label: str, out: Path, settings: dict, device: str) -> None:
    """Trains the judge of one label; writes `out/<label>.safetensors` and `out/<label>.json`.

    The selected weights have the best validation accuracy, measured every `select_every` steps, and of equal accuracies
    the lower validation loss. Raises UserError for an unknown label and a loss that is not finite.
    """
    start = time.monotonic()
    data, specs = data.without_test(), data.labels
    if label not in specs:
        raise UserError(f"--label {label}: {data.folder} has no such label; {nearest(label, specs)}")
    target = devices.choose(device)
    devices.set_threads(settings["threads"])
    train, validation = data.split("train"), data.split("validation")
    shape = data.shape
    seed_torch(SEED, "judge", label)
    network = Classifier(shape.channels, shape.size, settings["width"], len(specs[label].classes)).to(target)
    x, y = _on_device(train, label, target)
    size = min(settings["batch"], len(train))

    def loss_at(step: int) -> Tensor:
        epoch, position = divmod(step, max(1, len(train) // size))
        chosen = permutation(len(train), SEED, label, epoch)[position * size : (position + 1) * size]
        index = torch.from_numpy(np.ascontiguousarray(chosen)).to(target)
        return functional.cross_entropy(network(to_float(x[index])), y[index])

    def validate() -> dict[str, float]:
        """Accuracy and loss over the whole validation split."""
        x, y = _on_device(validation, label, target)
        logits = torch.cat([network(to_float(part)) for part in x.split(256)])
        accuracy = float((logits.argmax(1) == y).double().mean())
        return {"accuracy": accuracy, "loss": float(functional.cross_entropy(logits, y))}

    selected = train_selected(network, loss_at, validate, settings, "judge", f"judge {data.id} {label}")
    write_judge(
        Path(out) / f"{label}.safetensors",
        selected,
        {
            "verb": "judge", "label": label, "classes": list(specs[label].classes), "kind": specs[label].kind,
            "settings": settings, "shape": [shape.channels, shape.size],
            "data": data.sha256, "code": code_digest("evaluation/judges/label_judge"),
            "validation_accuracy": selected.scores["accuracy"],
            **resource_usage.used(time.monotonic() - start, target, settings["steps"] * settings["batch"]),
        },
    )  # fmt: skip


def load_judges(folder: Path, data: PreparedDataset, device: torch.device) -> dict[str, Judge]:
    """Label -> judge of a data set; empty for sound and states, because judges classify pictures.

    Raises UserError where a judge was trained on other data, or its weights were altered.
    """
    if not data.has_pictures:
        return {}
    judges = {}
    for label, spec in data.labels.items():
        if spec.kind == "aside":
            continue
        path = Path(folder) / f"{label}.safetensors"
        record = read_judge(path)
        if record["data"] != data.sha256:
            raise UserError(f"{path}: was trained on other data than it is to judge; make it with 'snakemake {path}'")
        network = Classifier(*record["shape"], record["settings"]["width"], len(spec.classes))
        load_weights(network, path, f"the judge of {label}")
        judges[label] = Judge(network.to(device).eval(), record)
    return judges


def _on_device(split: Split, label: str, device: torch.device) -> tuple[Tensor, Tensor]:
    return torch.from_numpy(np.array(split.x)).to(device), torch.from_numpy(split.labels[label]).to(device)
