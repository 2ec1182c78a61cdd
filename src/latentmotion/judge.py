"""Judges: one classifier a label, trained on train groups, selected on validation groups, frozen by its hash.

What a judge scores on real test data is measured by `evaluate --model real`: this job cannot open test data.
"""

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from safetensors.torch import save as to_safetensors
from torch import Tensor
from torch.nn import functional

from latentmotion.errors import UserError, nearest
from latentmotion.nets.classifier import Classifier
from latentmotion.progress import progress
from latentmotion.records import code_hash, file_digest, machine, read_record, write_atomic, write_record
from latentmotion.sequences import Split, label_specs, open_split, read_manifest
from latentmotion.training import device as devices
from latentmotion.training.batches import shape_of, to_float
from latentmotion.training.seeds import permutation, seed_torch

SEED = 0  # judges are instruments: one seed, declared


@dataclass
class Judge:
    """A trained classifier and what its record says."""

    network: Classifier
    record: dict

    @torch.no_grad()
    def probabilities(self, x: Tensor) -> Tensor:
        """Sequences (B, T, C, H, W) in [-1, 1] -> class probabilities (B, K), float64."""
        return functional.softmax(self.network(x).double(), dim=1)


def train_judge(data: Path, label: str, out: Path, settings: dict, device: str) -> None:
    """Trains the judge of one label; writes `out/<label>.safetensors` and `out/<label>.json`.

    The weights kept are those with the best validation accuracy (ties: the lower validation loss), measured every
    `select_every` steps.
    """
    start = time.monotonic()
    manifest = read_manifest(data)
    specs = label_specs(manifest)
    if label not in specs:
        raise UserError(f"--label {label}: {data} has no such label; {nearest(label, specs)}")
    target = devices.choose(device)
    devices.set_threads(settings["threads"])
    train, validation = open_split(data, "train"), open_split(data, "validation")
    shape = shape_of(manifest)
    seed_torch(SEED, "judge", label)
    network = Classifier(shape.channels, shape.size, settings["width"], len(specs[label].classes)).to(target)
    optimiser = torch.optim.Adam(network.parameters(), lr=settings["lr"])
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, settings["steps"])
    x, y = _on_device(train, label, target)
    size = min(settings["batch"], len(train))
    best, kept, curve = (-1.0, 0.0), None, []
    with progress(f"judge {Path(data).name} {label}", settings["steps"]) as bar:
        for step in range(settings["steps"]):
            epoch, position = divmod(step, max(1, len(train) // size))
            chosen = permutation(len(train), SEED, label, epoch)[position * size : (position + 1) * size]
            index = torch.from_numpy(np.ascontiguousarray(chosen)).to(target)
            network.train()
            loss = functional.cross_entropy(network(to_float(x[index])), y[index])
            if not torch.isfinite(loss):
                raise UserError(f"judge of {label}: loss is not finite at step {step}; lower judge.lr")
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            schedule.step()
            bar.update()
            if (step + 1) % settings["select_every"] == 0 or step + 1 == settings["steps"]:
                score = _validate(network, validation, label, target)
                curve.append({"step": step + 1, "accuracy": score[0], "loss": -score[1]})
                bar.set_postfix({"validation": f"{score[0]:.4f}"})
                if score > best:
                    best = score
                    kept = {n: value.detach().cpu().clone().contiguous() for n, value in network.state_dict().items()}
    out = Path(out)
    write_atomic(out / f"{label}.safetensors", to_safetensors(kept))
    write_record(
        out / f"{label}.json",
        {
            "verb": "judge", "label": label, "classes": list(specs[label].classes), "kind": specs[label].kind,
            "settings": settings, "shape": [shape.channels, shape.size], "seed": SEED,
            "data": manifest["sha256"], "code": code_hash("judge"),
            "weights": file_digest(out / f"{label}.safetensors"),
            "validation_accuracy": best[0], "selection": curve,
            "seconds": round(time.monotonic() - start, 1), "machine": machine(str(target)),
        },
    )  # fmt: skip


def load_judges(folder: Path, manifest: dict, device: torch.device) -> dict[str, Judge]:
    """Every judge of a dataset, by label. A judge of other data, or altered weights, are refused."""
    judges = {}
    for label, spec in label_specs(manifest).items():
        if spec.kind == "aside":
            continue
        path = Path(folder) / f"{label}.safetensors"
        record = read_record(path.with_suffix(".json"))
        if not path.is_file() or file_digest(path) != record["weights"]:
            raise UserError(f"{path}: is not what its record describes; make it with 'snakemake {path}'")
        if record["data"] != manifest["sha256"]:
            raise UserError(f"{path}: was trained on other data than it is to judge; make it with 'snakemake {path}'")
        network = Classifier(*record["shape"], record["settings"]["width"], len(spec.classes))
        network.load_state_dict(load_file(path))
        judges[label] = Judge(network.to(device).eval(), record)
    return judges


def _on_device(split: Split, label: str, device: torch.device) -> tuple[Tensor, Tensor]:
    return torch.from_numpy(np.array(split.x)).to(device), torch.from_numpy(split.labels[label]).to(device)


@torch.no_grad()
def _validate(network: Classifier, split: Split, label: str, device: torch.device) -> tuple[float, float]:
    """Accuracy and minus the mean loss over the whole split: larger is better in both."""
    network.eval()
    x, y = _on_device(split, label, device)
    logits = torch.cat([network(to_float(part)) for part in x.split(256)])
    return float((logits.argmax(1) == y).double().mean()), -float(functional.cross_entropy(logits, y))
