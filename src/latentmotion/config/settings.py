"""The settings that decide an output: rules pass them to the verbs, and records hold them."""

from collections.abc import Iterable
from pathlib import Path

from latentmotion.config.catalogue import dataset_name, frame_judged, report_runs, video_judged
from latentmotion.config.downloads import Source, read_sources
from latentmotion.config.merge import merge
from latentmotion.config.schema import Params


def training_settings(params: Params, model: str, dataset: str) -> dict:
    """Everything that decides the outcome of a training, except its data and its seed."""
    section = params.models[model]
    own = section.on(dataset_name(dataset))
    return {
        "system": section.system,
        "training": merge(merge(params.training, section.training), own.training),
        "network": merge(section.network, own.network),
        "compute": params.compute.model_dump(),
    }


def prepare_settings(params: Params, dataset: str) -> dict:
    """What decides the prepared data. How reports describe a data set is no part of it."""
    section = params.datasets[dataset_name(dataset)]
    settings = section.model_dump(include={"source", "size", "frames", "options"})
    return settings | ({"importer": section.importer} if section.importer else {})


def judge_settings(params: Params, dataset: str) -> dict:
    name, judge = dataset_name(dataset), params.judge
    sizes = judge.model_dump(exclude={"labels", "per_dataset"}) | judge.per_dataset.get(name, {})
    return {**sizes, "floor": judge.floor[name], "threads": params.compute.threads}


def video_judge_settings(params: Params) -> dict:
    return {**params.video_judge.model_dump(exclude={"datasets"}), "threads": params.compute.threads}


def evaluation_settings(params: Params, dataset: str, seed: int) -> dict:
    """Everything that a score depends on, except the run, the data and the judges.

    `i3d` and `inception` are the checksums of the networks that measure Frechet distances.
    """
    name = dataset_name(dataset)
    distances = {}
    if dataset in video_judged(params):
        checksum = i3d_source().sha256 if params.evaluation.i3d else None
        distances = {"generate": params.evaluation.generate.model_dump(), "i3d": checksum}
    if dataset in frame_judged(params):
        checksum = inception_source().sha256 if params.evaluation.inception else None
        distances |= {"frame_label": params.evaluation.frame_label, "inception": checksum}
    return {
        **params.evaluation.model_dump(exclude={"generate", "i3d", "frame_label", "inception"}),
        **distances,
        "source": params.datasets[name].source,
        "scale": params.scale,
        "floor": params.judge.floor.get(name),
        "seed": seed,
        "threads": params.compute.threads,
    }


def report_settings(params: Params, kind: str, name: str) -> dict:
    """Everything that a table or figure depends on, except its records or runs."""
    report = getattr(params, kind)[name]
    shown = [f"{run.model}/{run.dataset}/seed{run.seed}" for run in report_runs(params, report)]
    titles = report_titles(params, report.models, report.datasets)
    return {"scale": params.scale, "shown": shown, **report.model_dump(), "titles": titles}


def claims_settings(params: Params) -> dict:
    """Everything that the verdicts on the claims depend on, except the claims and the records."""
    titles = report_titles(params, params.models, params.datasets)
    return {"scale": params.scale, "planned": params.runs, "titles": titles}


def report_titles(params: Params, models: Iterable[str], datasets: Iterable[str]) -> dict:
    """How a report calls models and data sets, and what it says of the origin of the data."""
    described = {"title", "published_as", "origin", "stand_in"}
    return {
        "models": {name: params.models[name].title for name in models},
        "datasets": {name: params.datasets[name].model_dump(include=described) for name in datasets},
    }


def i3d_source() -> Source:
    """The one file of the I3D network."""
    return read_sources("i3d", Path("data/sources.csv"))[0]


def inception_source() -> Source:
    """The one file of the Inception network."""
    return read_sources("inception", Path("data/sources.csv"))[0]
