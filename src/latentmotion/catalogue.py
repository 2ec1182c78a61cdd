"""Parameters -> jobs and paths, once, for Snakemake and DVC alike. Imports nothing heavy.

A dataset's id is its name, or `<name>-drawn` when an embedded stand-in is used: a drawn set never bears the real one's
name, and results of both lie side by side. The layout is model first, because DVC's outputs may not overlap:

    data/processed/<scale>/<dataset>/     judges/<scale>/<dataset>/<label>.*     judges/<scale>/video-judge/network.*
    runs/<scale>/<model>/<dataset>/seed<n>/     results/<scale>/<model>/<dataset>/seed<n>.json
"""

from dataclasses import dataclass
from pathlib import Path

from latentmotion.fetch import Source, read_sources
from latentmotion.params import Dataset, Params, merge, modules
from latentmotion.splits import SPLITS
from latentmotion.unimported import constant

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


def seeds(params: Params, model: str) -> list[int]:
    return params.models[model].seeds or params.seeds


def runs(params: Params) -> list[Run]:
    """Every training of the catalogue: each model's seeds, and those that a report asks for beyond."""
    wanted = [
        Run(model, dataset_id(name, params.datasets[name]), seed)
        for name, models in params.runs.items()
        for model in models
        for seed in seeds(params, model)
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
        for seed in report.seeds or seeds(params, model)
    ]


def training_settings(params: Params, model: str, dataset: str) -> dict:
    """All that decides the outcome of a training but its data and seed: what a rule tracks and a record holds."""
    section = params.models[model]
    own = section.per_dataset.get(dataset_name(dataset), {})
    return {
        "system": section.system,
        "training": merge(merge(params.training, section.training), own.get("training", {})),
        "network": merge(section.network, own.get("network", {})),
        "compute": params.compute.model_dump(),
    }


def prepare_settings(params: Params, dataset: str) -> dict:
    return params.datasets[dataset_name(dataset)].model_dump()


def raw_names(params: Params, dataset: str) -> list[str]:
    """The names under which data/sources.csv may have the files of a real dataset: its own, and `<name>_<option>` for
    each option that is true. None for another source."""
    name = dataset_name(dataset)
    section = params.datasets[name]
    options = [option for option, value in section.options.items() if value is True]
    return [name, *(f"{name}_{option}" for option in options)] if section.source == "real" else []


def evaluation_modules(params: Params, model: str) -> list[str]:
    """The modules whose imports are the code of a record: every protocol, and the system that is scored."""
    system = [] if model == REAL else [f"models/{params.models[model].system}"]
    return ["evaluate", *(f"protocols/{name}" for name in sorted(modules("protocols"))), *system]


def judged_labels(params: Params, dataset: str) -> list[str]:
    """The labels of a dataset that get a judge each."""
    return params.judge.labels[dataset_name(dataset)]


def judge_settings(params: Params, dataset: str) -> dict:
    name, judge = dataset_name(dataset), params.judge
    sizes = judge.model_dump(exclude={"labels", "per_dataset"}) | judge.per_dataset.get(name, {})
    return {**sizes, "floor": judge.floor[name], "threads": params.compute.threads}


def video_judge_settings(params: Params) -> dict:
    return {**params.video_judge.model_dump(exclude={"datasets"}), "threads": params.compute.threads}


def evaluation_settings(params: Params, dataset: str, seed: int) -> dict:
    """What a score depends on beyond run, data and judges. `i3d` and `inception` are checksums of the networks to
    measure with."""
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
    """What a rendered report depends on beyond its records."""
    report = getattr(params, kind)[name]
    shown = [f"{run.model}/{run.dataset}/seed{run.seed}" for run in report_runs(params, report)]
    return {"scale": params.scale, "shown": shown, **report.model_dump()}


def caption(report) -> str:
    """CAPTION of the file that renders a table or figure."""
    return constant(f"reports/{report.report}", "CAPTION", report.report)


def has_page(report) -> bool:
    """PAGE of the file that renders a figure: whether it leaves a page beside its pictures, as one of sound does."""
    return constant(f"reports/{report.report}", "PAGE", False)


def processed(params: Params, dataset: str) -> str:
    return f"data/processed/{params.scale}/{dataset}"


def processed_files(params: Params, dataset: str) -> list[str]:
    """The manifest and each split's arrays."""
    folder = processed(params, dataset)
    return [f"{folder}/manifest.json", *(f"{folder}/{s}/{f}" for s in SPLITS for f in ("x.npy", "labels.npz"))]


def learning_files(params: Params, dataset: str) -> list[str]:
    """What a job that trains or selects may open: everything but the test split."""
    return [file for file in processed_files(params, dataset) if "/test/" not in file]


def judges(params: Params, dataset: str) -> str:
    return f"judges/{params.scale}/{dataset}"


def judge_files(params: Params, dataset: str) -> list[str]:
    """Weights and record of every judge of a dataset."""
    folder = judges(params, dataset)
    return [f"{folder}/{label}.{end}" for label in judged_labels(params, dataset) for end in ("safetensors", "json")]


def video_judged(params: Params) -> list[str]:
    """The ids of the datasets that the video judge learns, and whose videos it measures."""
    return [ids(params)[name] for name in params.video_judge.datasets]


def video_judge(params: Params) -> str:
    """The folder of the video judge. No dataset's: those are named as files of data/, which have no dash."""
    return f"judges/{params.scale}/video-judge"


def video_judge_files(params: Params) -> list[str]:
    return [f"{video_judge(params)}/network.{end}" for end in ("safetensors", "json")]


def i3d_source() -> Source:
    """The one file of the I3D network."""
    return read_sources("i3d", Path("data/sources.csv"))[0]


def i3d_file() -> str:
    return f"data/raw/i3d/{i3d_source().path}"


def frame_judged(params: Params) -> list[str]:
    """The ids of the datasets whose frames are compared: those with a judge of the label that is asked for."""
    wanted = params.evaluation.frame_label
    return [dataset for name, dataset in ids(params).items() if wanted in params.judge.labels[name]]


def inception_source() -> Source:
    """The one file of the Inception network."""
    return read_sources("inception", Path("data/sources.csv"))[0]


def inception_file() -> str:
    return f"data/raw/inception/{inception_source().path}"


def run_folder(params: Params, run: Run) -> str:
    return f"runs/{params.scale}/{run.model}/{run.dataset}/seed{run.seed}"


def record(params: Params, run: Run) -> str:
    """The evaluation record of a run."""
    return f"results/{params.scale}/{run.model}/{run.dataset}/seed{run.seed}.json"


def real_record(params: Params, dataset: str) -> str:
    """The judges' scores on the real test sequences themselves."""
    return record(params, Run(REAL, dataset, 0))


def report_records(params: Params, report) -> list[str]:
    """The records that a table reads: its runs, and the real test sequences of its datasets."""
    real = [real_record(params, dataset_id(name, params.datasets[name])) for name in report.datasets]
    return [*(record(params, run) for run in report_runs(params, report)), *real]


def report_files(params: Params, kind: str, name: str) -> list[str]:
    """What a table or figure leaves in reports/."""
    page = ("html",) if kind == "figures" and has_page(params.figures[name]) else ()
    suffixes = ("csv", "md", "tex", "html") if kind == "tables" else ("png", "gif", *page)
    return [f"reports/{name}.{suffix}" for suffix in suffixes]
