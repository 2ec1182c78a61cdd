"""Evaluation: a trained run under every protocol that it can enter, on every test sequence, to one record."""

import math
import time
from pathlib import Path
from types import ModuleType

import numpy as np
import torch

from latentmotion.core.errors import UserError
from latentmotion.core.keyed_random import key, permutation
from latentmotion.core.progress import progress
from latentmotion.core.records import write_record
from latentmotion.core.source_code import code_digest, modules
from latentmotion.data.prepared import open_split, read_manifest
from latentmotion.evaluation.judges.frame_judge import FrameJudge
from latentmotion.evaluation.judges.i3d import load_i3d
from latentmotion.evaluation.judges.inception import load_inception
from latentmotion.evaluation.judges.label_judge import Judge, load_judges
from latentmotion.evaluation.judges.video_judge import load_video_judge
from latentmotion.evaluation.metrics.accuracy import accuracy
from latentmotion.evaluation.metrics.entropies import entropies
from latentmotion.evaluation.metrics.inception_score import inception_score
from latentmotion.evaluation.protocols.base import Codes, Generated, Trial, protocols
from latentmotion.models import base as contract
from latentmotion.training import device as devices
from latentmotion.training import resource_usage
from latentmotion.training.load import load_run


def evaluate(
    model: str,
    data: Path,
    judges: Path,
    run: Path | None,
    out: Path,
    settings: dict,
    device: str,
    video_judge: Path | None = None,
    i3d: Path | None = None,
    inception: Path | None = None,
) -> None:
    """Writes the evaluation record of one run, or of the real test sequences (`model` = "real").

    Arguments:
        data: folder of the prepared dataset; its test split is opened.
        judges: folder of the dataset's judges.
        run: folder of the trained run.
        settings: source, scale, seed, floor (accuracy below which a judge is weak), split, threads; frame_label, of
            the judge on whose features Frechet distances of frames are taken, where the dataset has it.
        video_judge: folder of the video judge, for Frechet distances; i3d: file of the I3D network, likewise.
        inception: file of the Inception network, for those of frames.
    """
    start = time.monotonic()
    target = devices.choose(device)
    devices.set_threads(settings["threads"])
    manifest = read_manifest(data)
    panel = load_judges(judges, manifest, target)
    test = open_split(data, settings["split"])
    partners = swap_partners(test.group, settings["seed"])
    trial = Trial(None, test, open_split(data, "train"), Path(data), target, settings, partners, panel)
    if video_judge:
        trial.watchers.append(load_video_judge(video_judge, Path(data).name, manifest, target))
    if i3d:
        trial.watchers.append(load_i3d(i3d, settings["i3d"], target))
    if label := settings.get("frame_label"):
        trial.frame_watchers.append(FrameJudge(panel[label]))
    if inception:
        trial.frame_watchers.append(load_inception(inception, settings["inception"], target))
    considered = protocols(Path(data).name)
    real = _judge_all(trial, _real(trial), "real data")
    record = {
        "verb": "evaluate", "model": model, "dataset": Path(data).name, "source": settings["source"],
        "scale": settings["scale"], "seed": settings["seed"], "split": settings["split"], "settings": settings,
        "code": code_digest("evaluation/evaluate", *(f"evaluation/protocols/{name}" for name in modules("evaluation/protocols"))),
        "data": manifest["sha256"], "data_settings": manifest["settings"], "run": str(run) if run else None,
        "protocols": sorted(considered),
        "classes": {label: len(judge.record["classes"]) for label, judge in panel.items()},
        "judges": {label: _card(judge, label, real, settings["floor"]) for label, judge in panel.items()},
        "video_networks": {watcher.name: watcher.card for watcher in trial.watchers},
        "status": "ok", "notes": [], "metrics": [],
    }  # fmt: skip
    if run is None:
        record["metrics"] += _named("real", real, len(test))
    else:
        trial.model, training = load_run(run, target)
        devices.channels_last(trial.model)
        if training["data"] != manifest["sha256"]:
            raise UserError(f"{run}: was trained on other data than {data}; train it again with 'snakemake {run}'")
        record["training"] = training
        trial.codes = _encode(trial)
    record["metrics"] += _all_protocols(trial, considered)
    write_record(out, record | resource_usage.took(time.monotonic() - start, target))


def _all_protocols(trial: Trial, considered: dict[str, ModuleType]) -> list[dict]:
    """The metrics of every considered protocol that the model, or the real data, can enter."""
    metrics = []
    able = trial.model.capabilities if trial.model else frozenset()
    for protocol in considered.values():
        if not able >= protocol.NEEDS or bool(protocol.NEEDS) != (trial.model is not None):
            continue
        if hasattr(protocol, "applies") and not protocol.applies(trial):
            continue
        if hasattr(protocol, "measure"):
            with torch.no_grad():
                scores = protocol.measure(trial)
            count = protocol.scored(trial) if scores and hasattr(protocol, "scored") else len(trial.split)
            metrics += _named(protocol.NAME, scores, count)
        if hasattr(protocol, "generate") and trial.panel:
            scores = _judge_all(trial, _samples(trial, protocol), protocol.NAME)
            metrics += _named(protocol.NAME, scores, len(trial.split))
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
def _encode(trial: Trial) -> Codes:
    """The codes of every test sequence, once for all protocols."""
    contents, motions = [], []
    encodes = contract.ENCODE in trial.model.capabilities and trial.split.seen.all()
    for _, batch in trial.batches() if encodes else ():
        content, motion = trial.model.encode(batch.x, batch.action)
        contents.append(content)
        motions.append(motion)
    firsts = [batch.x[:, :1] for _, batch in trial.batches()]
    action = torch.from_numpy(trial.split.labels["action"]).to(trial.device)
    codes = (torch.cat(contents), torch.cat(motions)) if encodes else (None, None)
    return Codes(*codes, action, torch.cat(firsts), trial.split.x.shape[1])


def _pick(codes: Codes, ids: np.ndarray) -> Codes:
    parts = (codes.content, codes.motion, codes.action, codes.first)
    return Codes(*(None if part is None else part[ids] for part in parts), codes.frames)


@torch.no_grad()
def _samples(trial: Trial, protocol):
    for ids, _ in trial.batches():
        own, partner = _pick(trial.codes, ids), _pick(trial.codes, trial.partners[ids])
        yield protocol.generate(trial.model, own, partner, ids, trial.seed)


def _real(trial: Trial):
    for _, batch in trial.batches():
        yield Generated(batch.x, motion="own", content="own")


def _judge_all(trial: Trial, batches, title: str) -> dict[str, float]:
    """Metric name -> value, over all test sequences."""
    panel, test, partners = trial.panel, trial.split, trial.partners
    if not panel:
        return {}
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
        "settings": judge.record["settings"],
        "validation_accuracy": judge.record["validation_accuracy"],
        "test_accuracy": test_accuracy,
        "floor": floor,
        "weak": test_accuracy < floor,
    }
