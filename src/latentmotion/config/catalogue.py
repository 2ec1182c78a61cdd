"""The runs, tables and figures that the parameters ask for. This module imports nothing heavy.

The id of a dataset is its name, or `<name>-drawn` when an embedded stand-in is used: a drawn set never has the name of
the real one, and the results of both lie side by side.
"""

from dataclasses import dataclass

from latentmotion.config.downloads import pinned_names
from latentmotion.config.schema import Dataset, Params
from latentmotion.core.source_code import constant, modules

REAL = "real"  # the pseudo-model whose "samples" are the real test sequences


@dataclass(frozen=True)
class Run:
    """One training: a model on a dataset from a seed."""

    model: str
    dataset: str  # id, as in paths
    seed: int


def dataset_id(name: str, dataset: Dataset) -> str:
    return name if dataset.source == "real" else f"{name}-{dataset.source}"


def dataset_name(identifier: str) -> str:
    """The key in params.yaml that an id belongs to."""
    return identifier.removesuffix("-drawn")


def ids(params: Params) -> dict[str, str]:
    """Name -> id of every dataset."""
    return {name: dataset_id(name, dataset) for name, dataset in params.datasets.items()}


def seeds(params: Params, model: str, dataset: str) -> list[int]:
    """The training seeds of a model on a data set: those of this data set, of the model or of the scale."""
    section = params.models[model]
    return section.on(dataset).seeds or section.seeds or params.seeds


def runs(params: Params) -> list[Run]:
    """Every training of the catalogue: one for each seed of a model, and for each further seed that a report shows."""
    wanted = [
        Run(model, dataset_id(name, params.datasets[name]), seed)
        for name, models in params.runs.items()
        for model in models
        for seed in seeds(params, model, name)
    ]
    reports = [*params.tables.values(), *params.figures.values()]
    return list(dict.fromkeys([*wanted, *(run for report in reports for run in report_runs(params, report))]))


def report_runs(params: Params, report) -> list[Run]:
    """The trainings that a table or figure shows: its models on its datasets, where the catalogue trains them."""
    return [
        Run(model, dataset_id(name, params.datasets[name]), seed)
        for name, models in params.runs.items()
        if name in report.datasets
        for model in models
        if model in report.models
        for seed in report.seeds or seeds(params, model, name)
    ]


def dataset_module(params: Params, name: str) -> str:
    """The file that prepares a dataset, as a module's path below the package."""
    importer = params.datasets[name].importer
    return f"data/importers/{importer}" if importer else f"data/datasets/{name}"


def raw_names(params: Params, dataset: str) -> list[str]:
    """The names under which data/sources.csv may list the files of a real dataset; none for another source."""
    name = dataset_name(dataset)
    section = params.datasets[name]
    return pinned_names(name, section.options) if section.source == "real" else []


def evaluation_modules(params: Params, model: str) -> list[str]:
    """The modules whose imports are the code of a record: every protocol, and the system that is scored."""
    system = [] if model == REAL else [f"models/{params.models[model].system}"]
    return [
        "evaluation/evaluate",
        *(f"evaluation/protocols/{name}" for name in modules("evaluation/protocols")),
        *system,
    ]


def claims_modules() -> list[str]:
    """The modules whose imports are the code of the verdicts: what writes them, and every rule."""
    return [
        "reporting/claims/render",
        *(f"reporting/claims/rules/{name}" for name in modules("reporting/claims/rules")),
    ]


def judged_labels(params: Params, dataset: str) -> list[str]:
    """The labels of a dataset that get a judge each."""
    return params.judge.labels[dataset_name(dataset)]


def report_module(params: Params, kind: str, name: str) -> str:
    """The file that renders a table or figure, as a module's path below the package."""
    return f"reporting/{kind}/{getattr(params, kind)[name].report}"


def caption(params: Params, kind: str, name: str) -> str:
    """CAPTION of the file that renders a table or figure."""
    return constant(report_module(params, kind, name), "CAPTION", name)


def has_page(params: Params, name: str) -> bool:
    """PAGE of the file that renders a figure: whether it writes a page beside its pictures, as figures of sound do."""
    return constant(report_module(params, "figures", name), "PAGE", False)


def video_judged(params: Params) -> list[str]:
    """The ids of the datasets that the video judge learns, and whose videos it measures."""
    return [ids(params)[name] for name in params.video_judge.datasets]


def frame_judged(params: Params) -> list[str]:
    """The ids of the datasets whose frames are compared: those with a judge of the label that is asked for."""
    wanted = params.evaluation.frame_label
    return [dataset for name, dataset in ids(params).items() if wanted in params.judge.labels[name]]
