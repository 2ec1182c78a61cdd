"""The time of a job of which the same work was never measured, judged from the most similar record of its scale.

Similar is a training or an evaluation of the same system with other settings or on another data set. The time of a
training is taken in proportion to the number of batches, of sequences in a batch and of pixels in a sequence. Every
estimate names the run that it comes from, because it may be wrong by a factor. This module imports nothing heavy.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from latentmotion.config import catalogue
from latentmotion.config.schema import Params
from latentmotion.config.settings import training_settings
from latentmotion.core.processor import processor
from latentmotion.pipeline.cost_estimates import Spent, read, spent


@dataclass(frozen=True)
class Similar:
    """A judged time, and the run `<model>/<data set>` that it comes from."""

    spent: Spent
    run: str


def similar(params: Params, job) -> Similar | None:
    """The time of a Snakemake job, judged from similar work; None where there is none at this scale."""
    if job.rule.name not in ("train", "evaluate") or job.wildcards.model == catalogue.REAL:
        return None
    wants_gpu = int(job.resources.get("gpu", 0)) > 0
    found = [
        (likeness, Similar(taken, run))
        for likeness, taken, run in _candidates(params, job.rule.name, job.wildcards.model, job.wildcards.dataset)
        if taken.on_gpu == wants_gpu
    ]
    return max(found, key=lambda candidate: candidate[0])[1] if found else None


def _candidates(params: Params, rule: str, model: str, dataset: str) -> Iterator[tuple[tuple, Spent, str]]:
    """How alike a measured run is, its time, and its name, for every run of the same system."""
    system, name = params.models[model].system, catalogue.dataset_name(dataset)
    for other in (other for other, section in params.models.items() if section.system == system):
        for folder in sorted(Path("results", params.scale, other).glob("*/")):
            likeness = (catalogue.dataset_name(folder.name) == name, other == model)
            for record in read(str(folder), "seed*.json"):
                try:
                    share = _share(params, model, dataset, record["training"], likeness[0]) if rule == "train" else 1.0
                    taken = spent(record["training"] if rule == "train" else record)
                except (KeyError, TypeError, ZeroDivisionError):
                    continue
                if share is not None:
                    scaled = Spent(taken.seconds * share, taken.count, taken.on_gpu, taken.device)
                    yield (*likeness, taken.device == processor()), scaled, f"{other}/{folder.name}"


def _share(params: Params, model: str, dataset: str, before: dict, same: bool) -> float | None:
    """How much more work a training is than a measured one; None where the sizes of their data cannot be compared."""
    section, shape = params.datasets[catalogue.dataset_name(dataset)], before["shape"]
    if shape["size"] == 1 and not same:
        return None  # sound, states or points
    planned, earlier = training_settings(params, model, dataset)["training"], before["settings"]["training"]
    pixels = (section.frames * section.size**2) / (shape["frames"] * shape["size"] ** 2) if shape["size"] > 1 else 1.0
    return math.prod(planned[key] / earlier[key] for key in ("steps", "batch")) * pixels
