"""The verb `evaluate`: a trained run under every protocol that it can enter, on every test sequence, to one record."""

import time
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
import torch

from latentmotion.core.errors import UserError
from latentmotion.core.keyed_random import key, permutation
from latentmotion.core.records import write_record
from latentmotion.core.source_code import code_digest, modules
from latentmotion.data.prepared import PreparedDataset
from latentmotion.evaluation.judges.frame_judge import FrameJudge
from latentmotion.evaluation.judges.i3d import load_i3d
from latentmotion.evaluation.judges.inception import load_inception
from latentmotion.evaluation.judges.label_judge import Judge, load_judges
from latentmotion.evaluation.judges.video_judge import load_video_judge
from latentmotion.evaluation.judging import generated_batches, judge_batches, real_batches
from latentmotion.evaluation.protocols.base import Codes, EvaluationContext, protocols
from latentmotion.models import base as contract
from latentmotion.training import device as devices
from latentmotion.training import resource_usage
from latentmotion.training.load import load_run


@dataclass(frozen=True)
class EvaluationJob:
    """What is evaluated.

    Arguments:
        model: the name of the model in params.yaml, or "real" for the real test sequences themselves.
        data: the data set; its test split is scored.
        run: the folder of the trained run; None for the real test sequences.
        settings: source, scale, seed, split, threads, the sizes of the protocols, floor (the accuracy below which a
            judge counts as weak), and, where the data set has it, frame_label: the label of the judge whose features
            give the Frechet distance of frames.
    """

    model: str
    data: PreparedDataset
    run: Path | None
    settings: dict


@dataclass(frozen=True)
class NetworkPaths:
    """Where the networks are with which generated sequences are measured. None: the network is not used.

    Arguments:
        judges: the folder of the data set's judges.
        video_judge: the folder of the video judge, for Frechet distances of videos.
        i3d: the file of the I3D network, likewise.
        inception: the file of the Inception network, for Frechet distances of frames.
    """

    judges: Path
    video_judge: Path | None = None
    i3d: Path | None = None
    inception: Path | None = None


def evaluate(job: EvaluationJob, networks: NetworkPaths, out: Path, device: str) -> None:
    """Writes the evaluation record of one run, or of the real test sequences, to `out`.

    Raises UserError where a network or the run belongs to other data, or where a file is missing or altered.
    """
    start = time.monotonic()
    target = devices.choose(device)
    settings, data = job.settings, job.data
    devices.set_threads(settings["threads"])
    context = _context(job, networks, target)
    considered = protocols(data.id)
    real = judge_batches(context, real_batches(context), "real data")
    record = {
        "verb": "evaluate", "model": job.model, "dataset": data.id, "source": settings["source"],
        "scale": settings["scale"], "seed": settings["seed"], "split": settings["split"], "settings": settings,
        "code": _code(), "data": data.sha256, "data_settings": data.settings, "run": str(job.run) if job.run else None,
        "protocols": sorted(considered),
        "classes": {label: len(judge.record["classes"]) for label, judge in context.judges.items()},
        "judges": {
            label: _judge_summary(judge, real[f"{label}_accuracy"], settings["floor"])
            for label, judge in context.judges.items()
        },
        "video_networks": {network.name: network.summary for network in context.feature_extractors},
        "status": "ok", "notes": [], "metrics": [],
    }  # fmt: skip
    if job.run is None:
        record["metrics"] += _entries("real", real, len(context.split))
    else:
        context.model, training = load_run(job.run, target)
        devices.channels_last(context.model)
        if training["data"] != data.sha256:
            raise UserError(
                f"{job.run}: was trained on other data than {data.folder}; train it again with 'snakemake {job.run}'"
            )
        record["training"] = training
        context.codes = encode(context)
    record["metrics"] += score_protocols(context, considered)
    write_record(out, record | resource_usage.used(time.monotonic() - start, target))


def _context(job: EvaluationJob, networks: NetworkPaths, device: torch.device) -> EvaluationContext:
    """The opened data and the loaded networks; the model is loaded later."""
    data, settings = job.data, job.settings
    judges = load_judges(networks.judges, data, device)
    test = data.split(settings["split"])
    partners = swap_partners(test.group, settings["seed"])
    context = EvaluationContext(None, test, data.split("train"), data, device, settings, partners, judges)
    if networks.video_judge:
        context.feature_extractors.append(load_video_judge(networks.video_judge, data, device))
    if networks.i3d:
        context.feature_extractors.append(load_i3d(networks.i3d, settings["i3d"], device))
    if label := settings.get("frame_label"):
        context.frame_feature_extractors.append(FrameJudge(judges[label]))
    if networks.inception:
        context.frame_feature_extractors.append(load_inception(networks.inception, settings["inception"], device))
    return context


def _code() -> str:
    """The digest of the code of this verb and of every protocol."""
    return code_digest(
        "evaluation/evaluate", *(f"evaluation/protocols/{name}" for name in modules("evaluation/protocols"))
    )


def score_protocols(context: EvaluationContext, considered: dict[str, ModuleType]) -> list[dict]:
    """The metrics of every considered protocol that the model, or the real data, can enter."""
    metrics = []
    capabilities = context.model.capabilities if context.model else frozenset()
    for protocol in considered.values():
        if not capabilities >= protocol.NEEDS or bool(protocol.NEEDS) != (context.model is not None):
            continue
        if hasattr(protocol, "applies") and not protocol.applies(context):
            continue
        if hasattr(protocol, "measure"):
            with torch.no_grad():
                scores = protocol.measure(context)
            count = protocol.scored(context) if scores and hasattr(protocol, "scored") else len(context.split)
            metrics += _entries(protocol.NAME, scores, count)
        if hasattr(protocol, "generate") and context.judges:
            scores = judge_batches(context, generated_batches(context, protocol), protocol.NAME)
            metrics += _entries(protocol.NAME, scores, len(context.split))
    return metrics


def swap_partners(group: np.ndarray, seed: int) -> np.ndarray:
    """For each sequence (N,) the index of one of another group: a permutation, keyed by the seed.

    Where the permutation pairs two sequences of one group, the partner is exchanged with that of another sequence.
    Raises UserError where this is impossible.
    """
    order = permutation(len(group), seed, "swap")
    for i in np.flatnonzero(group[order] == group):
        allowed = (group[order] != group[i]) & (group[order[i]] != group)
        if not allowed.any():
            raise UserError("motion-swap needs test sequences of two groups at least; enlarge the test split")
        j = np.flatnonzero(allowed)[key(seed, "repair", int(i)) % allowed.sum()]
        order[[i, j]] = order[[j, i]]
    return order


@torch.no_grad()
def encode(context: EvaluationContext) -> Codes:
    """The codes of every scored sequence, computed once for all protocols."""
    contents, motions = [], []
    encodes = contract.ENCODE in context.model.capabilities and context.split.seen.all()
    for _, batch in context.batches() if encodes else ():
        content, motion = context.model.encode(batch.x, batch.action)
        contents.append(content)
        motions.append(motion)
    firsts = [batch.x[:, :1] for _, batch in context.batches()]
    action = torch.from_numpy(context.split.labels["action"]).to(context.device)
    codes = (torch.cat(contents), torch.cat(motions)) if encodes else (None, None)
    return Codes(*codes, action, torch.cat(firsts), context.split.x.shape[1])


def _entries(protocol: str, metrics: dict[str, float], count: int) -> list[dict]:
    return [
        {"protocol": protocol, "metric": name, "value": float(value), "n": count} for name, value in metrics.items()
    ]


def _judge_summary(judge: Judge, test_accuracy: float, floor: float) -> dict:
    """What the record holds about a judge: tables print it in a footnote, and the workflow compares its settings."""
    return {
        "weights": judge.record["weights"],
        "settings": judge.record["settings"],
        "validation_accuracy": judge.record["validation_accuracy"],
        "test_accuracy": float(test_accuracy),
        "floor": floor,
        "weak": float(test_accuracy) < floor,
    }
