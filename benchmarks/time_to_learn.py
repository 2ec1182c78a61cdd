"""The core seconds and sequences that the main system of each paper needs until it has learnt.

    snakemake --configfile config/real.yaml -- judge_all prepare_all      # the data and judges that it needs
    python benchmarks/time_to_learn.py --real [--every 500] [--core-minutes 60] [halo/sprites hgan/pendulum ...]

Each system is trained with the settings of its scale. After every `--every` batches, its scores on validation sequences
are compared with the bars (docs/bars.md). The training stops when all bars are passed, when `--core-minutes` are spent,
or at its last batch. Core seconds are the CPU time of the training alone, without measurements, so that they depend
little on the load of the machine. An interrupted benchmark continues from the last measurement when the same command is
given again. The states are in state/time_to_learn/, and the results in results/time-to-learn/SCALE/.
"""

import argparse
import contextlib
import math
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from latentmotion.config import catalogue, paths
from latentmotion.config.schema import Compute, Params, Training
from latentmotion.config.settings import evaluation_settings, training_settings
from latentmotion.core.errors import UserError
from latentmotion.core.files import digest
from latentmotion.core.keyed_random import seed_torch
from latentmotion.core.records import write_record
from latentmotion.core.source_code import code_digest
from latentmotion.data.prepared import PreparedDataset
from latentmotion.evaluation.judges.label_judge import load_judges
from latentmotion.evaluation.learnt import learnt
from latentmotion.evaluation.protocols.base import EvaluationContext
from latentmotion.pipeline.one_run import find, pair
from latentmotion.training import device as devices
from latentmotion.training import out_of_memory
from latentmotion.training.batches import Batches
from latentmotion.training.checkpoint import Checkpoint
from latentmotion.training.load import build
from latentmotion.training.resource_usage import machine
from latentmotion.training.train import Loop

MAIN = ("halo/sprites", "rwae/sprites", "hgan/pendulum", "flow-finite-kappa-1e-2/ring_finite")
CPU = torch.device("cpu")


class Paused(Exception):
    """The training has saved its state and waits for the next measurement."""


@dataclass
class Pause:
    """Takes the place of signals.Stop: it stops the loop after every `every` steps."""

    loop: Loop
    every: int

    def wanted(self) -> bool:
        return self.loop.done % self.every == 0

    def again(self, where: str) -> Paused:
        return Paused(where)


class Kept(Checkpoint):
    """A checkpoint that also holds what was measured until now."""

    points: list[dict]
    spent: float  # core seconds of the training until its last measurement
    began: float  # the CPU time at which the steps after it began

    def core_seconds(self) -> float:
        return self.spent + time.process_time() - self.began

    def save(self, content: dict) -> None:
        super().save(content | {"points": self.points, "core_seconds": self.core_seconds()})


def measured(loop: Loop, context: EvaluationContext) -> dict:
    """Whether the network has learnt by now, and its scores against the bars."""
    context.model = loop.network.eval()
    found = learnt(context)
    loop.network.train()
    return found


def context_of(data: PreparedDataset, judges: Path, settings: dict) -> EvaluationContext:
    """What measurements need. `learnt` chooses validation sequences itself; no test sequence can be opened."""
    split = data.split("validation")
    partners = np.arange(len(split))
    known = load_judges(judges, data, CPU)
    return EvaluationContext(None, split, data.split("train"), data, CPU, settings, partners, known)


def loop_of(settings: dict, data: PreparedDataset, seed: int) -> Loop:
    """The training loop that `latentmotion train` runs on a CPU with these settings."""
    training, compute = Training(**settings["training"]), Compute(**settings["compute"])
    devices.set_threads(compute.threads)
    seed_torch(seed, "weights")
    network = build(settings, data.shape)
    network.clip = training.clip
    if compute.channels_last:
        devices.channels_last(network)
    return Loop(network, training, compute, Batches(data.split("train"), training.batch, seed, CPU), seed)


def learn(loop: Loop, context: EvaluationContext, kept: Kept, every: int, core_seconds: float, title: str) -> None:
    """Trains until the system has learnt, its budget is spent or its last batch is done; adds to `kept.points`."""
    while True:
        if loop.done and (not kept.points or kept.points[-1]["step"] < loop.done):
            kept.points.append(point(loop, context, kept.spent))
            print(f"{title}: {said(kept.points[-1])}", flush=True)
        learnt_now = bool(kept.points) and kept.points[-1]["learnt"]
        if learnt_now or kept.spent >= core_seconds or loop.done == loop.training.steps:
            return
        kept.began = time.process_time()
        with contextlib.suppress(Paused), out_of_memory.named(title, loop.training.batch, CPU):
            loop.run(kept, math.inf, Pause(loop, every), title)
        kept.spent = kept.core_seconds()


def run(params: Params, one: catalogue.Run, given: argparse.Namespace) -> dict:
    """Trains one system, or continues from its saved state. Returns the record."""
    settings = training_settings(params, one.model, one.dataset)
    data = PreparedDataset.open(given.root / paths.processed(params, one.dataset)).without_test()
    evaluation = evaluation_settings(params, one.dataset, one.seed)
    context = context_of(data, given.root / paths.judges(params, one.dataset), evaluation)
    loop = loop_of(settings, data, one.seed)
    code = code_digest(f"models/{settings['system']}", "training/train", "evaluation/learnt")
    identity = {"settings": settings, "data": data.sha256, "seed": one.seed, "code": code, "every": given.every}
    kept = Kept(given.state, digest(identity))
    kept.open(Path(f"{one.model}/{one.dataset}"))
    try:
        saved = kept.load(CPU)
        loop.restore(saved)
        kept.points, kept.spent = (saved["points"], saved["core_seconds"]) if saved else ([], 0.0)
        title = f"{one.model} {one.dataset} seed {one.seed}"
        learn(loop, context, kept, given.every, 60 * given.core_minutes, title)
    finally:
        kept.close(finished=False)
    return {
        "verb": "time-to-learn", "model": one.model, "dataset": one.dataset, "scale": params.scale, **identity,
        "core_minutes": given.core_minutes, "machine": machine(), "points": kept.points,
    }  # fmt: skip


def point(loop: Loop, context: EvaluationContext, spent: float) -> dict:
    sequences = loop.done * loop.training.batch
    return {"step": loop.done, "sequences": sequences, "core_seconds": round(spent, 1), **measured(loop, context)}


def said(found: dict) -> str:
    """One line about a measurement."""
    state = "has learnt" if found["learnt"] else f"has not learnt. {found['learnt_why']}"
    return f"{found['step']} batches, {found['sequences']} sequences, {found['core_seconds']:.0f} core s: {state}"


def table(records: list[dict]) -> str:
    """One row for each system: what it needed, or what it had when its budget was spent."""
    rows = [f"{'model and data set':44} {'learnt':>6} {'core s':>8} {'sequences':>10} {'batches':>8}"]
    for record in records:
        last = record["points"][-1]
        rows.append(
            f"{record['model'] + '/' + record['dataset']:44} {'yes' if last['learnt'] else 'no':>6}"
            f" {last['core_seconds']:8.0f} {last['sequences']:10} {last['step']:8}"
        )
    return "\n".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="*", default=MAIN, metavar="MODEL/DATASET")
    parser.add_argument("--scale", help="default: the one of params.yaml")
    parser.add_argument("--real", action="store_true", help="the real data that config/real.yaml names")
    parser.add_argument("--seed", type=int, help="default: the first one of the model")
    parser.add_argument("--every", type=int, default=500, help="batches between two measurements")
    parser.add_argument("--core-minutes", type=float, default=60.0, help="the budget of each training")
    parser.add_argument("--root", type=Path, default=Path(), help="the folder with data/processed/ and judges/")
    parser.add_argument("--state", type=Path, default=Path("state/time_to_learn"))
    parser.add_argument("--out", type=Path, default=Path("results/time-to-learn"))
    given = parser.parse_args()
    records = []
    try:
        for name in given.runs:
            params, one = find(*pair([name]), given.scale, given.seed, given.real)
            records.append(run(params, one, given))
            file = given.out / params.scale / one.model / one.dataset / f"seed{one.seed}.json"
            write_record(file, records[-1])
    except UserError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("\ninterrupted; the same command continues from the last measurement")
    print(table(records))


if __name__ == "__main__":
    main()
