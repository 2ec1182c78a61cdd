"""The verb `evaluate`: a trained run under every protocol that it can enter, on every test sequence, to one record."""

import time
from dataclasses import dataclass
from pathlib import Path

import torch

from latentmotion.core.errors import UserError
from latentmotion.core.records import write_record
from latentmotion.core.source_code import code_digest, modules
from latentmotion.data.prepared import PreparedDataset
from latentmotion.evaluation.judges.frame_judge import FrameJudge
from latentmotion.evaluation.judges.i3d import load_i3d
from latentmotion.evaluation.judges.inception import load_inception
from latentmotion.evaluation.judges.label_judge import Judge, load_judges
from latentmotion.evaluation.judges.video_judge import load_video_judge
from latentmotion.evaluation.judging import judge_batches, real_batches
from latentmotion.evaluation.learnt import learnt
from latentmotion.evaluation.protocols.base import EvaluationContext, protocols
from latentmotion.evaluation.scoring import encode, entries, score_protocols, swap_partners
from latentmotion.evaluation.seen import BUDGETS, seen
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
        budgets: the table of how many sequences the papers' systems have seen.
    """

    model: str
    data: PreparedDataset
    run: Path | None
    settings: dict
    budgets: Path = BUDGETS


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

    The record of a run that diverged has the status of its training and no metrics.

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
        record["metrics"] += entries("real", real, len(context.split))
    else:
        context.model, training = load_run(job.run, target)
        devices.channels_last(context.model)
        if training.get("data") != data.sha256:
            raise UserError(
                f"{job.run}: was trained on other data than {data.folder}; train it again with 'snakemake {job.run}'"
            )
        record["training"] = training
        record |= {"status": training.get("status", "ok"), "seen": seen(training, data, job.budgets)}
        if record["status"] != "ok":
            record |= {"learnt": False, "learnt_by": [], "learnt_why": f"The training has {record['status']}."}
        else:
            record |= learnt(context)
            context.codes = encode(context)
    if record["status"] == "ok":
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
