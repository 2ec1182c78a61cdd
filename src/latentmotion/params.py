"""The only reader of params.yaml: typed, and closed, so that a misspelt key is an error that names its nearest.

The effective parameters are params.yaml, then the overlay config/<scale>.yaml, then what the command line adds
(`snakemake --config`, `--configfile`). Mappings are merged key by key, everything else is replaced. The keys of a
model's `network` section are those of `Config` in its file; they are read from the source, not by importing it, so that
planning a thousand jobs never loads torch.
"""

import ast
import copy
import math
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from latentmotion.closure import PACKAGE
from latentmotion.errors import UserError, nearest
from latentmotion.unimported import constant, statements
from latentmotion.yamlfile import read_yaml

NAME = r"^[a-z0-9][a-z0-9_-]{0,63}$"


class Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Dataset(Closed):
    """One dataset: where it comes from and how large it is. `options` belong to its file in data/."""

    source: Literal["real", "drawn"] = Field(description="real: the published files; drawn: embedded stand-in")
    size: int = Field(le=256, description="side of a frame in pixels, numbers of a frame of sound; 1 for points")
    frames: int = Field(description="frames of a sequence; 1 for points")
    options: dict[str, Any] = Field(default_factory=dict, description="keywords of the dataset's prepare()")

    @model_validator(mode="after")
    def _points_or_sequences(self) -> "Dataset":
        if (self.frames, self.size) != (1, 1) and (self.frames < 2 or self.size < 8):
            raise ValueError("frames must be 2 or more and size 8 or more, or both 1, of points")
        return self


class Judge(Closed):
    """The classifiers that score generated sequences (HALO, supplementary table 9)."""

    width: int = Field(ge=1, description="channels of the first convolution; the paper's is 64")
    steps: int = Field(ge=1)
    batch: int = Field(ge=2)
    lr: float = Field(gt=0)
    select_every: int = Field(ge=1, description="steps between measurements on validation data")
    floor: dict[str, float] = Field(description="accuracy on real test data below which a judge is reported as weak")
    labels: dict[str, list[str]] = Field(description="dataset -> the labels that get a judge each")
    per_dataset: dict[str, dict[str, Any]] = Field(default_factory=dict, description="what differs on one dataset")


JUDGE_KEYS = ("width", "steps", "batch", "lr", "select_every")  # what may differ from dataset to dataset


class VideoJudge(Closed):
    """The network on whose features Frechet distances of videos are measured, trained on several datasets together."""

    datasets: list[str] = Field(description="those it learns and measures; the others have no such distances")
    width: int = Field(ge=1, description="channels of the first convolution")
    features: int = Field(ge=1, description="numbers by which a video is described")
    steps: int = Field(ge=1)
    batch: int = Field(ge=2, description="videos of each dataset in a batch")
    lr: float = Field(gt=0)
    select_every: int = Field(ge=1, description="steps between measurements on validation data")


class Training(Closed):
    """How long and how fast a model is trained."""

    steps: int = Field(ge=1, description="batches seen")
    batch: int = Field(ge=2, description="sequences in a batch, over all processes")
    lr: float = Field(gt=0)
    betas: tuple[float, float] = (0.9, 0.999)
    weight_decay: float = Field(default=0.0, ge=0)
    clip: float | None = Field(default=None, description="largest gradient norm, or null")
    decay: Literal["none", "cosine"] = Field(default="none", description="cosine: from lr to a hundredth of it")
    warmup: int = Field(default=0, ge=0, description="steps over which the rate rises from 0")

    def rate(self, step: int) -> float:
        """The learning rate of a step."""
        rate = self.lr * min(1.0, (step + 1) / (self.warmup + 1))
        if self.decay == "cosine":
            rate *= 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * step / self.steps))
        return rate


class Compute(Closed):
    """What may change the bits of a result; how a job is run otherwise (device, processes) belongs to the profile."""

    threads: int = Field(default=1, ge=1, description="CPU threads of one job")
    precision: Literal["float32", "bfloat16"] = "float32"
    compile: bool = False
    channels_last: bool = False


class Model(Closed):
    """One system. `per_dataset` holds what differs on one dataset; `like` takes every section over from another model.

    Once read, a model stands on its own: its sections hold what it took over.
    """

    like: str | None = Field(default=None, description="another model of params.yaml, under whose sections its own lie")
    system: str = Field(pattern=NAME, description="the file in models/")
    seeds: list[int] | None = Field(default=None, description="training seeds, where they differ from the scale's")
    gpus: int = Field(
        default=1, ge=1, description="GPUs, or without any processes, that share each batch of a training"
    )
    training: dict[str, Any] = Field(default_factory=dict)
    network: dict[str, Any] = Field(default_factory=dict)
    per_dataset: dict[str, dict[str, Any]] = Field(default_factory=dict)


class Generate(Closed):
    """Of what Frechet distances are: as many generated videos against as many real ones."""

    videos: int = Field(default=2048, ge=2)
    frames: int = Field(default=16, ge=2, description="frames of each; fvd-i3d needs 10 or more")


class Evaluation(Closed):
    """What the protocols share."""

    split: Literal["test", "validation"] = Field(
        default="test", description="validation while settings are chosen; a table shows test alone"
    )
    predict_length: int = Field(default=16, ge=2, description="frames to which a first frame is continued")
    rollout_length: int = Field(default=100, ge=2, description="frames over which states are rolled out")
    generate: Generate = Generate()
    i3d: bool = Field(default=False, description="measure fvd-i3d too, on a network that is downloaded")
    frame_label: str = Field(
        default="identity",
        description="label on whose judge's features frames are compared; not on datasets without such a judge",
    )
    inception: bool = Field(default=False, description="measure fid-inception too, on a network that is downloaded")


class Report(Closed):
    """A table or a figure: the file in reports/ that renders it and what it shows."""

    report: str = Field(pattern=r"^[a-z0-9][a-z0-9_]{0,63}$", description="the file in reports/")
    models: list[str]
    datasets: list[str]
    seeds: list[int] | None = Field(default=None, min_length=1, description="training seeds, where it shows others")
    options: dict[str, Any] = Field(default_factory=dict)


class Params(Closed):
    """The catalogue."""

    scale: str = Field(pattern=NAME)
    seeds: list[int] = Field(min_length=1)
    compute: Compute
    datasets: dict[str, Dataset]
    judge: Judge
    video_judge: VideoJudge
    training: dict[str, Any] = Field(description="defaults of every model's training section")
    models: dict[str, Model]
    runs: dict[str, list[str]] = Field(description="dataset -> the models trained on it")
    evaluation: Evaluation = Evaluation()
    tables: dict[str, Report]
    figures: dict[str, Report]


def merge(base: dict, overlay: dict) -> dict:
    """Overlay wins; mappings are merged, everything else is replaced."""
    merged = copy.deepcopy(base)
    for key, value in overlay.items():
        merged[key] = (
            merge(merged[key], value) if isinstance(value, dict) and isinstance(merged.get(key), dict) else value
        )
    return merged


def load(path: Path | str = "params.yaml", overrides: dict | None = None) -> Params:
    """The effective parameters. Raises UserError that names the key, what is wrong and the nearest known name."""
    path = Path(path)
    raw = read_yaml(path)
    overrides = overrides or {}
    scale = overrides.get("scale", raw.get("scale"))
    overlay = path.parent / "config" / f"{scale}.yaml"
    if not overlay.is_file():
        scales = [p.stem for p in overlay.parent.glob("*.yaml") if "scale" not in read_yaml(p)]
        raise UserError(f"{path}: scale '{scale}' has no file {overlay}; {nearest(str(scale), scales)}")
    merged = merge(merge(raw, read_yaml(overlay)), overrides)
    merged["scale"] = scale
    models = merged.get("models")
    if isinstance(models, dict):
        merged["models"] = {name: _inherited(models, name, path) for name in models}
    try:
        params = Params.model_validate(merged)
    except ValidationError as error:
        raise UserError(f"{path} ({scale}): {_first(error, Params)}") from None
    _check_names(params, path)
    return params


def _inherited(models: dict, name: str, path: Path, below: tuple[str, ...] = ()) -> Any:
    """A model's section over that of the model which it is like."""
    section = models[name]
    if not isinstance(section, dict) or not section.get("like"):
        return section
    other = section["like"]
    if other not in models:
        raise UserError(f"{path}: models.{name}.like: unknown '{other}'; {nearest(str(other), models)}")
    if other in (*below, name):
        raise UserError(f"{path}: models.{name}.like: '{other}' is in the end like itself; name another model")
    base = _inherited(models, other, path, (*below, name))
    return merge({key: value for key, value in base.items() if key not in ("like", "seeds")}, section)


def _first(error: ValidationError, schema: type[BaseModel]) -> str:
    problems = error.errors()
    problem = next((found for found in problems if found["type"] == "extra_forbidden"), problems[0])
    where = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        return f"unknown key '{where}'; {nearest(str(problem['loc'][-1]), _fields(schema, problem['loc'][:-1]))}"
    return f"key '{where}': {problem['msg']}; got {problem.get('input')!r}"


def _fields(schema: Any, path: tuple) -> list[str]:
    for part in path:
        schema = schema.model_fields[part].annotation if hasattr(schema, "model_fields") else schema.__args__[1]
    return list(schema.model_fields)


@cache
def config_keys(system: str) -> tuple[str, ...]:
    """The fields of `Config` in models/<system>.py, read from its source."""
    for node in statements(f"models/{system}"):
        if isinstance(node, ast.ClassDef) and node.name == "Config":
            return tuple(item.target.id for item in node.body if isinstance(item, ast.AnnAssign))
    return ()


@cache
def modules(folder: str) -> tuple[str, ...]:
    """The names that a folder of the package offers: its files."""
    return tuple(file.stem for file in (PACKAGE / folder).glob("*.py") if not file.stem.startswith("_"))


def _known(where: str, name: str, known: Iterable[str]) -> None:
    if name not in known:
        raise UserError(f"{where}: unknown '{name}'; {nearest(name, known)}")


def _check_shares(params: Params, name: str, where: str) -> None:
    """A model's batch must be such that several processes can share it."""
    model = params.models[name]
    if constant(f"models/{model.system}", "WHOLE_BATCH", False):  # its losses are not means over sequences
        raise UserError(
            f"{where}.gpus: {model.gpus}, but a loss of system {model.system} looks at a batch as a whole, which cannot"
            " be shared out; set it to 1"
        )
    for dataset in (dataset for dataset, models in params.runs.items() if name in models):
        own = model.per_dataset.get(dataset, {}).get("training", {})
        batch = merge(merge(params.training, model.training), own).get("batch")
        if isinstance(batch, int) and batch % model.gpus:
            raise UserError(
                f"{where}.gpus: {model.gpus} do not divide the batch of {batch} on {dataset}; change one of the two"
            )


def _check_names(params: Params, path: Path) -> None:
    """Every name that one section uses must stand in another, or be a file of the package."""
    known_training = list(Training.model_fields)
    for key in params.training:
        _known(f"{path}: key 'training'", key, known_training)
    for name, model in params.models.items():
        where = f"{path}: models.{name}"
        if not re.match(NAME, name):
            raise UserError(f"{where}: a name is lower-case letters, digits, '-' and '_', 64 at most; rename it")
        _known(f"{where}.system", model.system, modules("models"))
        keys = config_keys(model.system)
        for part, section in [
            ("", model.model_dump()),
            *((f".per_dataset.{d}", s) for d, s in model.per_dataset.items()),
        ]:
            for key in section.get("network", {}):
                _known(f"{where}{part}.network", key, keys)
            for key in section.get("training", {}):
                _known(f"{where}{part}.training", key, known_training)
        for dataset, section in model.per_dataset.items():
            _known(f"{where}.per_dataset", dataset, params.datasets)
            for key in section:
                _known(f"{where}.per_dataset.{dataset}", key, ("network", "training"))
        if model.gpus > 1:
            _check_shares(params, name, where)
    for dataset, names in params.runs.items():
        _known(f"{path}: runs", dataset, params.datasets)
        for name in names:
            _known(f"{path}: runs.{dataset}", name, params.models)
    for dataset in params.datasets:
        _known(f"{path}: datasets", dataset, modules("data"))
        if dataset not in params.judge.labels:
            raise UserError(f"{path}: key 'judge.labels' says nothing of dataset '{dataset}'; add it, [] for no judge")
        if params.judge.labels[dataset] and dataset not in params.judge.floor:
            raise UserError(f"{path}: key 'judge.floor' says nothing of dataset '{dataset}'; add it")
    for dataset, section in params.judge.per_dataset.items():
        _known(f"{path}: judge.per_dataset", dataset, params.datasets)
        for key in section:
            _known(f"{path}: judge.per_dataset.{dataset}", key, JUDGE_KEYS)
    for dataset in params.video_judge.datasets:
        _known(f"{path}: video_judge.datasets", dataset, params.datasets)
    judged = {label for labels in params.judge.labels.values() for label in labels}
    _known(f"{path}: evaluation.frame_label", params.evaluation.frame_label, sorted(judged))
    for kind in ("tables", "figures"):
        for name, report in getattr(params, kind).items():
            where = f"{path}: {kind}.{name}"
            _known(f"{where}.report", report.report, modules("reports"))
            for dataset in report.datasets:
                _known(f"{where}.datasets", dataset, params.datasets)
            for model in report.models:
                _known(f"{where}.models", model, params.models)
