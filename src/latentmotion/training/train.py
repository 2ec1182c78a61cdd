"""The verb `train`: the training loop of every model, which ends with weights, samples and a record."""

import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save as to_safetensors

from latentmotion.config.schema import Compute, Training
from latentmotion.core import parallel
from latentmotion.core.errors import UserError
from latentmotion.core.files import check_space, digest, file_digest, remove_left_overs, write_atomic
from latentmotion.core.keyed_random import seed_torch
from latentmotion.core.progress import progress
from latentmotion.core.records import write_record
from latentmotion.core.source_code import code_digest
from latentmotion.data.prepared import PreparedDataset
from latentmotion.models import base as contract
from latentmotion.models.base import SequenceModel
from latentmotion.training import device as devices
from latentmotion.training import out_of_memory, resource_usage
from latentmotion.training.batches import Batches, batch_of
from latentmotion.training.checkpoint import Checkpoint
from latentmotion.training.gradient_check import GradientCensus
from latentmotion.training.load import build
from latentmotion.training.precision import precision_on
from latentmotion.training.preview import reconstructions
from latentmotion.training.signals import Stop

NO_BFLOAT16 = "compute.precision: this processor has no instructions for bfloat16"
OWNERSHIP_SECONDS = 2.0  # between two checks whether another attempt has taken over this training
CURVE = 50  # points of the learning curve that a record keeps
OUTPUTS = ("weights.safetensors", "history.jsonl", "samples.png", "record.json")
STATES = 10  # as many times the size of the weights is free at the start: a checkpoint is three times as large as they
POINTS = 1000  # of the history of a training, however many steps it has


@dataclass(frozen=True)
class TrainingJob:
    """What is trained.

    Arguments:
        model: the name of the model in params.yaml, for the record and the progress bar.
        data: the data set; only its train and validation splits are opened.
        seed: decides the initial weights and every random draw.
        settings: the settings of the training, as config/settings.py makes them.
    """

    model: str
    data: PreparedDataset
    seed: int
    settings: dict


@dataclass(frozen=True)
class CheckpointPlan:
    """Where and when a training saves its state.

    Arguments:
        state: the folder of resumable checkpoints.
        every: the seconds between two checkpoints.
        margin: the seconds before the time limit of its SLURM job at which the training saves its state and stops.
    """

    state: Path
    every: float
    margin: float = 120.0


def train(job: TrainingJob, out: Path, plan: CheckpointPlan, device: str) -> None:
    """Trains `settings['system']` and writes weights.safetensors, history.jsonl, samples.png and record.json to `out`.

    Where the folder of checkpoints holds a state of the same training, the training continues from it. A training whose
    losses are no longer finite ends there: its record says so in `status`, which is "ok" otherwise.

    Raises:
        UserError: the settings cannot be used, a parameter never gets a gradient, the disk is full, or another attempt
            has taken over the training.
        Again: a signal or the time limit of its SLURM job stopped the training; its state is saved.
    """
    started = time.monotonic()
    model, data, seed, settings = job.model, job.data.without_test(), job.seed, job.settings
    stop = Stop(plan.margin)
    training, compute = Training(**settings["training"]), Compute(**settings["compute"])
    target = devices.choose(device)
    devices.set_threads(compute.threads)
    parallel.start(target)
    code = code_digest(f"models/{settings['system']}", "training/train")
    identity = {"settings": settings, "data": data.sha256, "seed": seed, "code": code}
    seed_torch(seed, "weights")
    network = build(settings, data.shape).to(target)
    parallel.synchronise(network)
    network.clip = training.clip
    if compute.channels_last:
        devices.channels_last(network)
    training_split = data.split("train")
    if not training_split.seen.all() and contract.COMPLETE not in network.capabilities:
        raise UserError(f"models.{model}: cannot be trained on {data.id}, whose sequences have hidden frames")
    is_first = parallel.rank() == 0  # all processes have the same state, so the first one writes it
    checkpoint = Checkpoint(plan.state, digest({**identity, "rank": 0}))
    if is_first:
        size = sum(value.numel() * value.element_size() for value in network.state_dict().values())
        for folder in (plan.state, Path(out)):
            check_space(folder, STATES * size, f"this training of {model}")
        for name in OUTPUTS:
            remove_left_overs(Path(out) / name)
        checkpoint.open(out)
    parallel.wait()
    finished, status = False, "ok"
    try:
        loop = Loop(network, training, compute, Batches(training_split, training.batch, seed, target), seed)
        loop.restore(checkpoint.load(target))
        if is_first and loop.precision != compute.precision:
            print(f"{NO_BFLOAT16}, so this training computes in {loop.precision}.", file=sys.stderr)
        before = loop.seconds
        try:
            with out_of_memory.named(model, training.batch, target):
                loop.run(checkpoint, plan.every, stop, f"{model} {data.id} seed {seed}")
        except Diverged as problem:
            status = f"failed ({problem})"
            print(f"{model} {data.id} seed {seed}: {status}; lower training.lr or set training.clip", file=sys.stderr)
        if is_first:
            validation = data.split("validation")
            first = batch_of(validation, np.arange(min(6, len(validation))), training_split.group, target)
            record = {
                "verb": "train", "model": model, "dataset": data.id, "data_folder": str(data.folder), **identity,
                "shape": asdict(data.shape),
                "parameters": sum(parameter.numel() for parameter in network.parameters()),
                "steps": loop.done, "status": status, "precisions": loop.precisions,
                **resource_usage.used(before + time.monotonic() - started, target, loop.done * training.batch),
                "last": loop.history[-1] if loop.history else {"step": loop.done}, "curve": _curve(loop.history),
            }  # fmt: skip
            _write(network, loop.history, first, out, record, checkpoint)
        finished = True
    finally:
        if is_first:
            checkpoint.close(finished)
        parallel.stop()


class Diverged(Exception):
    """A loss or a gradient is not finite; the message says which, and at which step."""


class Loop:
    """The training loop and the state of it that a checkpoint holds.

    Random numbers are keyed by the number of the step, so no state of a random generator has to be saved.
    """

    def __init__(self, network: SequenceModel, training: Training, compute: Compute, batches: Batches, seed: int):
        self.network, self.training, self.batches, self.seed = network, training, batches, seed
        self.optimisers = network.optimisers(training)
        self.precision = precision_on(batches.device, compute.precision)
        self.precisions: list[str] = []  # of all steps until now; an attempt on another machine can add one
        self.autocast = devices.autocast(batches.device, self.precision)
        self.done, self.seconds, self.history = 0, 0.0, []
        if compute.compile:
            for child in network.children():
                child.compile()

    def restore(self, saved: dict | None) -> None:
        """Takes over the content of a checkpoint; None, where there is no checkpoint, changes nothing."""
        if saved is None:
            return
        self.network.load_state_dict(saved["network"])
        for optimiser, content in zip(self.optimisers, saved["optimisers"], strict=True):
            optimiser.load_state_dict(content)
        self.done, self.seconds, self.history = saved["done"], saved["seconds"], saved["history"]
        self.precisions = saved["precisions"]

    def content(self, seconds: float) -> dict:
        """What a checkpoint holds. `seconds` is the duration of all attempts until now."""
        return {
            "network": self.network.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "done": self.done, "seconds": seconds, "history": self.history, "precisions": self.precisions,
        }  # fmt: skip

    def run(self, checkpoint: Checkpoint, every: float, stop: Stop, title: str) -> None:
        """Runs all remaining steps, with a checkpoint every `every` seconds.

        Raises Again where `stop` ends the training before its last step, and Diverged where a loss is not finite.
        """
        steps = self.training.steps
        interval = max(1, steps // POINTS)
        census = GradientCensus(self.network) if self.done == 0 else None
        self.network.train()
        start = saved = checked = time.monotonic()
        with progress(title, steps, self.done) as bar:
            while self.done < steps:
                self._set_rates()
                self.network.progress = self.done / steps
                seed_torch(self.seed, "step", self.done, 0)  # all processes alike: core/parallel_random.py
                losses = parallel.mean(self.network.step(self.batches(self.done), self.optimisers, self.autocast))
                self._check(losses)
                self.done += 1
                if self.precision not in self.precisions:
                    self.precisions.append(self.precision)
                bar.update()
                if census:
                    census = census.check(self.done, steps)
                if self.done % interval == 0 or self.done == steps:
                    values = {name: float(value) for name, value in losses.items()}
                    self.history.append({"step": self.done, **values})
                    bar.set_postfix({name: f"{value:.4g}" for name, value in list(values.items())[:1]}, refresh=False)
                now = time.monotonic()
                if now - checked > OWNERSHIP_SECONDS:
                    checkpoint.check()
                    checked = now
                stopped = parallel.decision_of_first(stop.wanted(), self.batches.device) and self.done < steps
                if (now - saved > every or stopped) and self.done < steps and parallel.rank() == 0:
                    checkpoint.save(self.content(self.seconds + now - start))
                    saved = now
                if stopped:
                    raise stop.again(f"{title}: stopped at step {self.done}") if parallel.rank() == 0 else SystemExit

    def _set_rates(self) -> None:
        rate = self.training.rate(self.done)
        for optimiser in self.optimisers:
            for group in optimiser.param_groups:
                group["lr"] = rate * group.get("rate", 1.0)

    def _check(self, losses: dict) -> None:
        """Raises Diverged where a loss is not finite, before the state can be saved.

        The weights are still finite, because the optimiser skips a step whose gradient is not finite.
        """
        bad = [name for name, value in losses.items() if not torch.isfinite(value)]
        if bad:
            raise Diverged(f"{', '.join(bad)} not finite at step {self.done}")


def _curve(history: list[dict]) -> list[list[float]]:
    """At most CURVE points of the history, the last one among them: the step and the first loss."""
    if not history:
        return []
    name = next(key for key in history[0] if key != "step")
    every = -(-len(history) // CURVE)
    return [[point["step"], point[name]] for point in history[::-1][::every][::-1]]


def _write(network: SequenceModel, history: list, first: contract.Batch, out: Path, record: dict, checkpoint) -> None:
    out = Path(out)
    network.eval()
    samples = reconstructions(network, first, record["seed"])
    weights = {name: value.detach().cpu().contiguous() for name, value in network.state_dict().items()}
    checkpoint.check()
    write_atomic(out / "weights.safetensors", to_safetensors(weights))
    record["weights"] = file_digest(out / "weights.safetensors")
    write_atomic(out / "history.jsonl", "".join(json.dumps(point) + "\n" for point in history).encode())
    record["history"] = file_digest(out / "history.jsonl")
    write_atomic(out / "samples.png", samples)
    write_record(out / "record.json", record)
