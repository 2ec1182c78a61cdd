"""One model on the sizes of one data set: a few training steps on random batches, their speed, and how they agree.

Nothing is learnt here. The training loop is that of every training, and the batches are those of random_batches.py.
"""

import contextlib
import io
import math
import statistics
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch

from latentmotion.config.schema import Compute, Dataset, Params, Training
from latentmotion.config.settings import training_settings
from latentmotion.core.errors import UserError, nearest
from latentmotion.core.keyed_random import seed_torch
from latentmotion.models.base import DataShape, SequenceModel
from latentmotion.training import device as devices
from latentmotion.training import device_speed, out_of_memory
from latentmotion.training.checkpoint import Checkpoint
from latentmotion.training.load import build
from latentmotion.training.random_batches import RandomBatches, facts, shape_of
from latentmotion.training.same_draws import SameDraws
from latentmotion.training.train import Loop

TOLERANCES = (1e-3, 0.05)  # of the first and the second step
COMPARED_BATCH = 2  # sequences, so that the CPU needs only seconds; points are few numbers, and take their whole batch
FAST = {"precision": "bfloat16", "channels_last": True, "compile": False}
EXACT = {"precision": "float32", "channels_last": False, "compile": False}


@dataclass(frozen=True)
class Trial:
    """One model on the sizes of one data set, `section` of params.yaml."""

    model: str
    dataset: str
    settings: dict
    section: Dataset

    @property
    def name(self) -> str:
        return f"{self.model}/{self.dataset}"

    @property
    def shape(self) -> DataShape:
        return shape_of(self.dataset, self.section)

    def batches(self, size: int, device: torch.device) -> RandomBatches:
        return RandomBatches(self.shape, size, device, facts(self.dataset).hidden)


def trials(params: Params, names: list[str], everything: bool = False) -> list[Trial]:
    """What is checked: each model on the first of its data sets, the first model of each system before the others.

    Arguments:
        names: models, or pairs such as halo/faces; all models where it is empty.
        everything: take each model on all of its data sets.

    Raises UserError for a name that params.yaml does not train, with the nearest one.
    """
    pairs = [(model, dataset) for dataset, models in params.runs.items() for model in models]
    firsts = dict(reversed(pairs))  # model -> the first of its data sets
    known = {f"{model}/{dataset}": (model, dataset) for model, dataset in pairs}
    one_each = {model: (model, firsts[model]) for model, _ in pairs}
    for name in names:
        if name not in known and name not in one_each:
            raise UserError(f"gpu-check: '{name}' is not trained; {nearest(name, [*one_each, *known])}")
    if names:
        chosen = [known.get(name) or one_each[name] for name in names]
    else:
        chosen = pairs if everything else list(one_each.values())
    before, ranks = Counter(), {}
    for model, dataset in chosen:
        system = params.models[model].system
        ranks[model, dataset] = before[system]
        before[system] += 1
    return [
        Trial(model, dataset, training_settings(params, model, dataset), params.datasets[dataset])
        for model, dataset in sorted(ranks, key=ranks.get)
    ]


def speed(trial: Trial, device: torch.device, steps: int, rate: float) -> dict:
    """Some steps of the training loop with the settings of the trial, in bfloat16 with channels last.

    Arguments:
        rate: FLOP/s of matrix products on this device.
    """
    settings, batch = trial.settings, trial.settings["training"]["batch"]
    network = _network(settings, trial.shape, device)
    devices.channels_last(network)
    batches = trial.batches(batch, device)
    training = Training(**settings["training"] | {"steps": steps})
    network.clip = training.clip
    loop = Loop(network, training, Compute(**settings["compute"] | FAST), batches, seed=0)
    with tempfile.TemporaryDirectory() as folder, out_of_memory.named(trial.model, batch, device), _quiet():
        loop.run(Checkpoint(Path(folder), "0" * 64), math.inf, _NeverStop(), trial.name)
    with device_speed.OperationCount() as operations:
        network.step(batches(steps), loop.optimisers, loop.autocast)
    taken = batches.seconds()
    seconds = statistics.median(taken[len(taken) // 2 :])  # the first steps choose algorithms and allocate memory
    memory = device_speed.peak_memory(device)
    return {
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "batch": batch,
        "memory_mb": None if memory is None else round(memory / 1e6),
        "sequences_per_second": batch / seconds,
        "flop_per_step": operations.flop,
        "share_of_matrix_rate": operations.flop / seconds / rate,
        "steps_of_the_training": settings["training"]["steps"],
        "hours_of_the_training": settings["training"]["steps"] * seconds / 3600,
        "last_losses": {name: value for name, value in loop.history[-1].items() if name != "step"},
    }


def agreement(trial: Trial, device: torch.device) -> dict:
    """The first losses in float32 on the device and on the CPU, and the largest difference between them.

    Raises UserError where a loss is not finite or differs by more than is allowed.
    """
    here, there = (first_losses(trial, place) for place in (device, torch.device("cpu")))
    largest = []
    for step, (own, reference, allowed) in enumerate(zip(here, there, TOLERANCES, strict=True), start=1):
        differences = {name: abs(own[name] - value) / max(1.0, abs(value)) for name, value in reference.items()}
        for name, difference in differences.items():
            if not difference <= allowed:  # so that a difference that is not a number counts
                raise UserError(
                    f"{name} of step {step} is {own[name]:.6g}, and {reference[name]:.6g} on the CPU: a difference of"
                    f" {difference:.2g}, where {allowed:g} is allowed"
                )
        largest.append(max(differences.values()))
    return {"differences_from_cpu": largest, "first_losses": here, "first_losses_on_cpu": there}


def first_losses(trial: Trial, device: torch.device) -> list[dict[str, float]]:
    """The losses of the first steps in float32, by name; norms of gradients are left out."""
    steps = len(TOLERANCES)
    batch = trial.settings["training"]["batch"] if trial.shape.frames == 1 else COMPARED_BATCH
    training = Training(**trial.settings["training"] | {"steps": steps, "batch": batch})
    batches = trial.batches(batch, device)
    context, found = devices.autocast(device, EXACT["precision"]), []
    with SameDraws(), _no_tf32():
        network = _network(trial.settings, trial.shape, device)
        network.clip = training.clip
        optimisers = network.optimisers(training)
        network.train()
        for step in range(steps):
            network.progress = step / steps
            seed_torch("gpu-check", step)
            losses = network.step(batches(step), optimisers, context)
            found.append({name: float(value) for name, value in losses.items() if "gradient" not in name})
    return found


def _network(settings: dict, shape: DataShape, device: torch.device) -> SequenceModel:
    seed_torch(0, "weights")
    return build(settings, shape).to(device)


class _NeverStop:
    """Takes the place of signals.Stop: a signal ends this command at once, because there is nothing to save."""

    def wanted(self) -> bool:
        return False


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keeps the progress bars of trainings out of the table."""
    with contextlib.redirect_stderr(io.StringIO()):
        yield


@contextlib.contextmanager
def _no_tf32() -> Iterator[None]:
    """Inside this context, convolutions in float32 are not rounded to the 10 bits of TF32, as GPUs do by default."""
    before = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = False
    try:
        yield
    finally:
        torch.backends.cudnn.allow_tf32 = before
