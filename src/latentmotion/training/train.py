"""One plain loop for every model: batch, step, check, history, checkpoint; then weights, samples and a record."""

import dataclasses
import json
import time
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save as to_safetensors

from latentmotion.config.schema import Compute, Training
from latentmotion.core import parallel
from latentmotion.core.errors import UserError
from latentmotion.core.files import digest, file_digest, write_atomic
from latentmotion.core.keyed_random import seed_torch
from latentmotion.core.progress import progress
from latentmotion.core.records import write_record
from latentmotion.core.source_code import code_digest
from latentmotion.data.prepared import open_split, read_manifest
from latentmotion.models import base as contract
from latentmotion.models.base import SequenceModel
from latentmotion.training import device as devices
from latentmotion.training import out_of_memory, resource_usage
from latentmotion.training.batches import Batches, batch_of, shape_of
from latentmotion.training.checkpoint import Checkpoint
from latentmotion.training.gradient_check import GradientCensus
from latentmotion.training.load import build
from latentmotion.training.preview import reconstructions
from latentmotion.training.signals import Stop

FENCE = 2.0  # seconds between two looks whether another attempt has taken this training over
CURVE = 50  # points of the learning curve that a record keeps
POINTS = 1000  # history points of a training, so that a curve costs the same at any scale


def train(
    model: str, data: Path, out: Path, state: Path, seed: int, settings: dict, device: str, every: float,
    margin: float = 120.0,
) -> None:  # fmt: skip
    """Trains `settings['system']` and writes weights.safetensors, history.jsonl, samples.png and record.json to `out`.

    Arguments:
        model: the name in params.yaml, for the record and the progress bar.
        data: folder of a prepared dataset; only its train and validation splits are opened.
        state: folder of resumable checkpoints.
        settings: catalogue.training_settings.
        every: seconds between checkpoints.
        margin: seconds before the end of its SLURM job's time at which it saves and leaves.

    Raises:
        UserError: unusable settings, a loss or gradient that is not finite, a parameter that never gets a gradient,
            another attempt that has taken the training over.
        Again: stopped by a signal or the end of its job's time, with the state saved.
    """
    started = time.monotonic()
    stop = Stop(margin)
    training, compute = Training(**settings["training"]), Compute(**settings["compute"])
    target = devices.choose(device)
    devices.set_threads(compute.threads)
    parallel.start(target)
    manifest = read_manifest(data)
    code = code_digest(f"models/{settings['system']}", "training/train")
    identity = {"settings": settings, "data": manifest["sha256"], "seed": seed, "code": code}
    shape = shape_of(manifest)
    seed_torch(seed, "weights")
    network = build(settings, shape).to(target)
    parallel.synchronise(network)
    network.clip = training.clip
    if compute.channels_last:
        devices.channels_last(network)
    training_split = open_split(data, "train")
    if not training_split.seen.all() and contract.COMPLETE not in network.capabilities:
        raise UserError(f"models.{model}: cannot be trained on {Path(data).name}, whose sequences have hidden frames")
    leads = parallel.rank() == 0  # the state of one process is that of all
    checkpoint = Checkpoint(state, digest({**identity, "rank": 0}))
    if leads:
        checkpoint.open(out)
    parallel.wait()
    finished = False
    try:
        loop = Loop(network, training, compute, Batches(training_split, training.batch, seed, target), seed)
        loop.restore(checkpoint.load(target))
        before = loop.seconds
        with out_of_memory.named(model, training.batch, target):
            loop.run(checkpoint, every, stop, f"{model} {Path(data).name} seed {seed}")
        if leads:
            validation = open_split(data, "validation")
            first = batch_of(validation, np.arange(min(6, len(validation))), training_split.group, target)
            record = {
                "verb": "train", "model": model, "dataset": Path(data).name, "data_folder": str(data), **identity,
                "shape": dataclasses.asdict(shape),
                "parameters": sum(parameter.numel() for parameter in network.parameters()),
                "steps": loop.done,
                **resource_usage.took(before + time.monotonic() - started, target, loop.done * training.batch),
                "last": loop.history[-1], "curve": _curve(loop.history),
            }  # fmt: skip
            _write(network, loop.history, first, out, record, checkpoint)
        finished = True
    finally:
        if leads:
            checkpoint.close(finished)
        parallel.stop()


class Loop:
    """The state that a checkpoint holds, and the loop over it. Randomness is keyed by step: the step is its state."""

    def __init__(self, network: SequenceModel, training: Training, compute: Compute, batches: Batches, seed: int):
        self.network, self.training, self.batches, self.seed = network, training, batches, seed
        self.optimisers = network.optimisers(training)
        self.autocast = devices.autocast(batches.device, compute.precision)
        self.done, self.seconds, self.history = 0, 0.0, []
        if compute.compile:
            for child in network.children():
                child.compile()

    def restore(self, saved: dict | None) -> None:
        if saved is None:
            return
        self.network.load_state_dict(saved["network"])
        for optimiser, content in zip(self.optimisers, saved["optimisers"], strict=True):
            optimiser.load_state_dict(content)
        self.done, self.seconds, self.history = saved["done"], saved["seconds"], saved["history"]

    def content(self, seconds: float) -> dict:
        return {
            "network": self.network.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "done": self.done, "seconds": seconds, "history": self.history,
        }  # fmt: skip

    def run(self, checkpoint: Checkpoint, every: float, stop: Stop, title: str) -> None:
        steps = self.training.steps
        interval = max(1, steps // POINTS)
        census = GradientCensus(self.network) if self.done == 0 else None
        self.network.train()
        start = saved = looked = time.monotonic()
        with progress(title, steps, self.done) as bar:
            while self.done < steps:
                self._set_rates()
                self.network.progress = self.done / steps
                seed_torch(self.seed, "step", self.done, 0)  # in all processes: see draws.py
                losses = parallel.mean(self.network.step(self.batches(self.done), self.optimisers, self.autocast))
                self._check(losses)
                self.done += 1
                bar.update()
                if census:
                    census = census.check(self.done, steps)
                if self.done % interval == 0 or self.done == steps:
                    values = {name: float(value) for name, value in losses.items()}
                    self.history.append({"step": self.done, **values})
                    bar.set_postfix({name: f"{value:.4g}" for name, value in list(values.items())[:1]}, refresh=False)
                now = time.monotonic()
                if now - looked > FENCE:
                    checkpoint.check()
                    looked = now
                stopped = parallel.first_says(stop.wanted(), self.batches.device) and self.done < steps
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
        """Nothing that is not finite may reach the weights or a checkpoint: the optimiser has skipped such a step."""
        bad = [name for name, value in losses.items() if not torch.isfinite(value)]
        if bad:
            raise UserError(
                f"step {self.done}: {', '.join(bad)} is not finite; lower training.lr or set training.clip"
                " (the last checkpoint is finite)"
            )


def _curve(history: list[dict]) -> list[list[float]]:
    """A thin learning curve: the step and the first loss of some points of the history, the last one among them."""
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
    write_atomic(out / "samples.png", samples)
    write_record(out / "record.json", record)
