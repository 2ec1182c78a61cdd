"""The time that a job will take, estimated from records of the same work under results/, runs/ and judges/.

Work counts as the same if its scale, model, dataset and settings are the same, whatever its seed and its number of
steps; the estimate is in proportion to the steps. Both must use the same kind of device, CPU or GPU, and the same
number of them; a record of this kind of processor is preferred to one of another kind. For everything else the time is
unknown, and no number is made up. The times under benchmarks/ are not used, because they do not name the device on
which they were measured. This module imports nothing heavy.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from latentmotion.config import catalogue, paths
from latentmotion.config.schema import Params
from latentmotion.config.settings import evaluation_settings, judge_settings, training_settings, video_judge_settings
from latentmotion.core.processor import processor

LOOKED_AT = 5  # records of a model on a dataset, or of a judge, that are read at most
PROCESSORS = ("x86_64", "aarch64", "arm64", "AMD64", "arm", "i386")  # what older records call a CPU


@dataclass(frozen=True)
class Spent:
    """The time of one job in seconds, and the number of cores, or with `on_gpu` of GPUs, of a device."""

    seconds: float
    count: int
    on_gpu: bool
    device: str

    @property
    def hours(self) -> float:
        """Of cores, or of GPUs."""
        return self.seconds * self.count / 3600


class Estimates:
    """Estimates for the jobs of a catalogue; records are read once for all seeds of a model on a dataset."""

    RULES = ("train", "evaluate", "judge", "video_judge")

    def __init__(self, params: Params):
        self.params = params
        self.candidates = cache(self._candidates)

    def of(self, job) -> Spent | None:
        """The time of a Snakemake job on the device that it asks for; None where nothing like it was measured."""
        names = (getattr(job.wildcards, name, None) for name in ("model", "dataset", "label"))
        candidates = self.candidates(job.rule.name, *names)
        if not candidates:
            return None  # before Snakemake works out the resources of a thousand jobs
        gpus = int(job.resources.get("gpu", 0))
        fitting = [found for found in candidates if found.on_gpu == (gpus > 0) and (not gpus or found.count == gpus)]
        return next((found for found in fitting if found.device == processor()), next(iter(fitting), None))

    def _candidates(self, rule: str, model: str | None, dataset: str | None, label: str | None) -> list[Spent]:
        """The newest record comes first."""
        params, scale = self.params, self.params.scale
        if rule in ("judge", "video_judge"):
            folder = paths.judges(params, dataset) if rule == "judge" else paths.video_judge(params)
            settings = judge_settings(params, dataset) if rule == "judge" else video_judge_settings(params)
            return list(_fitting(read(folder, f"{label or 'network'}.json"), settings, settings["threads"]))
        training = None if model == catalogue.REAL else training_settings(params, model, dataset)
        results = read(f"results/{scale}/{model}/{dataset}", "seed*.json")
        if rule == "train":
            runs = [*read(f"runs/{scale}/{model}/{dataset}", "seed*/record.json"), *trainings(results)]
            return list(_fitting(runs, training, training["compute"]["threads"] * params.models[model].gpus))
        settings = evaluation_settings(params, dataset, 0)
        same = [found for found in results if _network(found.get("training")) == _network_of(training)]
        return list(_fitting(same, settings, settings["threads"]))


def read(folder: str, pattern: str) -> list[dict]:
    """A few records, the newest first; files that cannot be read are left out."""
    files = sorted(Path(folder).glob(pattern), key=lambda file: file.stat().st_mtime, reverse=True)
    found = []
    for file in files[:LOOKED_AT]:
        try:
            found.append(json.loads(file.read_text(encoding="utf-8")))
        except (OSError, ValueError):
            continue
    return [record for record in found if isinstance(record, dict)]


def spent(record: dict) -> Spent:
    """The time of the job that wrote a record."""
    cost, machine = record.get("cost"), record["machine"]
    on_gpu = bool(cost["gpus"]) if cost else machine["device"] not in PROCESSORS
    processes = cost["processes"] if cost else 1
    return Spent(record["seconds"], processes * (1 if on_gpu else machine["threads"]), on_gpu, machine["device"])


def _fitting(records: Iterable[dict], settings: dict, cores: int) -> Iterator[Spent]:
    """The times of jobs whose settings differ in seed and steps at most, in proportion to the steps asked for."""
    for record in records:
        if record.get("status", "ok") != "ok":
            continue  # a training that diverged ended before its last step
        try:
            taken, before = spent(record), record["settings"]
            share = _steps(settings) / _steps(before)
        except (KeyError, TypeError, ZeroDivisionError):
            continue
        if _essence(before) == _essence(settings) and (taken.on_gpu or taken.count == cores):
            yield Spent(taken.seconds * share, taken.count, taken.on_gpu, taken.device)


def _steps(settings: dict) -> int:
    return settings.get("training", settings).get("steps", 1)


def _essence(settings: dict) -> str:
    """The settings as JSON, without those in which an estimate may differ."""
    kept = {key: value for key, value in settings.items() if key not in ("steps", "seed")}
    if "training" in kept:
        kept["training"] = {key: value for key, value in kept["training"].items() if key != "steps"}
    return json.dumps(kept, sort_keys=True)


def trainings(results: list[dict]) -> list[dict]:
    return [found["training"] for found in results if isinstance(found.get("training"), dict)]


def _network(training: dict | None) -> str:
    return _network_of(training["settings"] if training else None)


def _network_of(settings: dict | None) -> str:
    return json.dumps([settings["system"], settings["network"]] if settings else None, sort_keys=True)
