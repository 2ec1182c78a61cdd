"""Evaluation: a trained run under every protocol that it can enter, on every test sequence, to one record."""

import importlib
import math
import time
from pathlib import Path

import numpy as np
import torch

from latentmotion import model as contract
from latentmotion import protocols
from latentmotion.errors import UserError
from latentmotion.judge import Judge, load_judges
from latentmotion.metrics.accuracy import accuracy
from latentmotion.metrics.entropies import entropies
from latentmotion.metrics.inception_score import inception_score
from latentmotion.progress import progress
from latentmotion.protocols import Codes, Generated
from latentmotion.records import code_hash, machine, write_record
from latentmotion.sequences import Split, open_split, read_manifest
from latentmotion.training import device as devices
from latentmotion.training.batches import to_float
from latentmotion.training.load import load_run
from latentmotion.training.seeds import key, permutation

BATCH = 128


def evaluate(model: str, data: Path, judges: Path, run: Path | None, out: Path, settings: dict, device: str) -> None:
    """Writes the evaluation record of one run, or of the real test sequences (`model` = "real").

    Arguments:
        data: folder of the prepared dataset; its test split is opened.
        judges: folder of the dataset's judges.
        run: folder of the trained run.
        settings: source, scale, seed, floor (accuracy below which a judge is weak), split, threads.
    """
    start = time.monotonic()
    target = devices.choose(device)
    devices.set_threads(settings["threads"])
    manifest = read_manifest(data)
    test = open_split(data, settings["split"])
    panel = load_judges(judges, manifest, target)
    real = _judge_all(panel, _real(test, target), test, np.arange(len(test)), "real data")
    record = {
        "verb": "evaluate", "model": model, "dataset": Path(data).name, "source": settings["source"],
        "scale": settings["scale"], "seed": settings["seed"], "split": settings["split"], "settings": settings,
        "code": code_hash("evaluate", *(f"protocols/{name}" for name in protocols.MODULES)),
        "data": manifest["sha256"], "run": str(run) if run else None,
        "classes": {label: len(judge.record["classes"]) for label, judge in panel.items()},
        "judges": {label: _card(judge, label, real, settings["floor"]) for label, judge in panel.items()},
        "status": "ok", "notes": [],
    }  # fmt: skip
    if run is None:
        record["metrics"] = _named("real", real, len(test))
    else:
        network, training = load_run(run, target)
        devices.channels_last(network)
        if training["data"] != manifest["sha256"]:
            raise UserError(f"{run}: was trained on other data than {data}; train it again with 'snakemake {run}'")
        record["training"] = training
        record["metrics"] = _all_protocols(network, panel, test, target, settings["seed"])
    record["seconds"] = round(time.monotonic() - start, 1)
    record["machine"] = machine(str(target))
    write_record(out, record)


def _all_protocols(network, panel: dict[str, Judge], test: Split, target: torch.device, seed: int) -> list[dict]:
    metrics = []
    partners = swap_partners(test.group, seed)
    codes = _encode(network, test, target)
    for name in protocols.MODULES:
        protocol = importlib.import_module(f"latentmotion.protocols.{name}")
        if network.capabilities >= protocol.NEEDS:
            generated = _samples(network, protocol, codes, test, partners, seed)
            metrics += _named(protocol.NAME, _judge_all(panel, generated, test, partners, protocol.NAME), len(test))
    return metrics


def swap_partners(group: np.ndarray, seed: int) -> np.ndarray:
    """For each sequence one of another group: a seeded permutation, repaired where it meets its own group."""
    order = permutation(len(group), seed, "swap")
    for i in np.flatnonzero(group[order] == group):
        allowed = (group[order] != group[i]) & (group[order[i]] != group)
        if not allowed.any():
            raise UserError("motion-swap needs test sequences of two groups at least; enlarge the test split")
        j = np.flatnonzero(allowed)[key(seed, "repair", int(i)) % allowed.sum()]
        order[[i, j]] = order[[j, i]]
    return order


@torch.no_grad()
def _encode(network, test: Split, target: torch.device) -> Codes:
    """The codes of every test sequence, once for all protocols."""
    contents, motions = [], []
    if contract.ENCODE in network.capabilities:
        for ids in _batches(test):
            content, motion = network.encode(*_sequences(test, ids, target))
            contents.append(content)
            motions.append(motion)
    action = torch.from_numpy(test.labels["action"]).to(target)
    return Codes(
        torch.cat(contents) if contents else None, torch.cat(motions) if motions else None, action, test.x.shape[1]
    )


def _pick(codes: Codes, ids: np.ndarray) -> Codes:
    parts = [None if part is None else part[ids] for part in (codes.content, codes.motion, codes.action)]
    return Codes(*parts, codes.frames)


@torch.no_grad()
def _samples(network, protocol, codes: Codes, test: Split, partners: np.ndarray, seed: int):
    for ids in _batches(test):
        yield protocol.generate(network, _pick(codes, ids), _pick(codes, partners[ids]), ids, seed)


def _batches(test: Split):
    for start in range(0, len(test), BATCH):
        yield np.arange(start, min(start + BATCH, len(test)))


def _sequences(test: Split, ids: np.ndarray, target: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    x = to_float(torch.from_numpy(np.array(test.x[ids])).to(target))
    return x, torch.from_numpy(test.labels["action"][ids]).to(target)


def _real(test: Split, target: torch.device):
    for ids in _batches(test):
        x, _ = _sequences(test, ids, target)
        yield Generated(x, motion="own", content="own")


def _judge_all(panel: dict[str, Judge], batches, test: Split, partners: np.ndarray, title: str) -> dict[str, dict]:
    """Metric name -> value and n, over all test sequences."""
    outputs: dict[str, list] = {label: [] for label in panel}
    with progress(f"evaluate {title}", len(test)) as bar:
        for generated in batches:
            origin = {"motion": generated.motion, "content": generated.content}
            for label, judge in panel.items():
                outputs[label].append(judge.probabilities(generated.x.float()).cpu().numpy())
            bar.update(len(generated.x))
    metrics = {}
    for label, judge in panel.items():
        probabilities = np.concatenate(outputs[label])
        if len(probabilities) != len(test):
            raise UserError(
                f"{title}: {len(probabilities)} of {len(test)} test sequences scored; the protocol is wrong"
            )
        source = origin[judge.record["kind"]]
        if source:
            targets = test.labels[label][partners] if source == "partner" else test.labels[label]
            metrics[f"{label}_accuracy"] = accuracy(probabilities, targets)
        if label == "action":
            h_y_given_x, h_y = entropies(probabilities)
            score = inception_score(probabilities)
            if not math.isclose(score, math.exp(h_y - h_y_given_x), rel_tol=1e-6):
                raise UserError(f"{title}: IS {score} is not exp(H(y) - H(y|x)); the judge's output is no distribution")
            metrics |= {"action_h_y_given_x": h_y_given_x, "action_h_y": h_y, "action_is": score}
    return metrics


def _named(protocol: str, metrics: dict[str, float], count: int) -> list[dict]:
    return [
        {"protocol": protocol, "metric": name, "value": float(value), "n": count} for name, value in metrics.items()
    ]


def _card(judge: Judge, label: str, real: dict[str, float], floor: float) -> dict:
    """What stands under a table about a judge."""
    test_accuracy = float(real[f"{label}_accuracy"])
    return {
        "weights": judge.record["weights"],
        "validation_accuracy": judge.record["validation_accuracy"],
        "test_accuracy": test_accuracy,
        "floor": floor,
        "weak": test_accuracy < floor,
    }
