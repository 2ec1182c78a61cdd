"""What several rules share: patterns of paths, inputs of records and reports, and settings as text."""

import json
from functools import cache
from pathlib import Path

from snakemake.resources import Resource

from latentmotion.config import catalogue, downloads, paths, settings
from latentmotion.core.files import file_digest
from latentmotion.pipeline import adoption, gpu_lock

ANY_RUN = catalogue.Run("{model}", "{dataset}", "{seed}")
RUN = paths.run_folder(PARAMS, ANY_RUN)
JUDGES = paths.judges(PARAMS, "{dataset}")
IDS = catalogue.ids(PARAMS)
RUNS = catalogue.runs(PARAMS)
REAL_RUNS = [catalogue.Run(catalogue.REAL, dataset, 0) for dataset in IDS.values()]
MODELS = [catalogue.REAL, *PARAMS.models]
REPORTS = [
    file
    for kind in ("tables", "figures")
    for name in getattr(PARAMS, kind)
    for file in paths.report_files(PARAMS, kind, name)
]

# Verdicts on the claims come from the records of this scale or, where these do not decide a claim, of another one. The
# folder results/ also contains what belongs to no scale, such as the records of gpu-check.
SCALES = [file.stem for file in sorted(Path("config").glob("*.yaml")) if Path("results", file.stem).is_dir()]
CLAIMS_RECORDS = paths.claims_records(PARAMS, SCALES)

# A job takes a GPU where this machine has one; on a cluster, set-resources of the profile decides.
GPU = min(1, len(gpu_lock.usable()))
# `python -m latentmotion.pipeline.gpu_lock N` in front of a command waits for N GPUs and keeps them for that command.


def one_of(names):
    """A pattern that matches these names alone; without names it matches nothing."""
    return "|".join(names) or "(?!)"


wildcard_constraints:
    model=one_of(MODELS),
    dataset=one_of(IDS.values()),
    seed="[0-9]+",
    label="[a-z0-9_-]+",
    table=one_of(PARAMS.tables),
    figure=one_of(PARAMS.figures),


def as_json(settings):
    """Settings as text for --settings, with sorted keys, so that Snakemake compares their values."""
    return json.dumps(settings, sort_keys=True)


def launcher(processes):
    """The words of the command that starts a training: torchrun where the model asks for several processes."""
    if processes == 1:
        return ["latentmotion"]
    passed_on = "SIGTERM,SIGINT,SIGHUP,SIGQUIT,SIGUSR1"
    options = ["--standalone", "--nproc-per-node", processes, "--signals-to-handle", passed_on]
    return ["torchrun", *map(str, options), "-m", "latentmotion.cli"]


def shares(wildcards):
    """How many processes share each batch of a training."""
    return PARAMS.models[wildcards.model].gpus


def of_each_process(resource):
    """The resource of all processes of a training; rules, profiles and --set-resources name that of one process."""

    def of_all(wildcards, input, attempt, threads, rulename, async_run):
        asked = dict(input=input, attempt=attempt, threads=threads, rulename=rulename, async_run=async_run)
        return resource.evaluate(wildcards, **asked).value * shares(wildcards)

    return Resource(resource.name, of_all, raw=resource.raw)


@cache
def records_of(model):
    """The evaluation records of one system, or of the real test sequences of every data set."""
    return [paths.record(PARAMS, run) for run in [*REAL_RUNS, *RUNS] if run.model == model]


def run_of(wildcards):
    return catalogue.Run(wildcards.model, wildcards.dataset, int(wildcards.seed))


def fingerprint(stage, name):
    """The file that describes what the output of a job is made from; the job runs again when its content changes."""
    return paths.fingerprint(PARAMS, stage, name)


def raw_files(dataset):
    """The pinned files of a real source, by the name under which they are fetched; none for another source."""
    folder = f"data/raw/{catalogue.dataset_name(dataset)}"
    found = {
        name: [f"{folder}/{file}" for file in downloads.files(name)] for name in catalogue.raw_names(PARAMS, dataset)
    }
    return {name: files for name, files in found.items() if files}


@cache
def training_settings(model, dataset):
    return settings.training_settings(PARAMS, model, dataset)


@cache
def evaluation_settings(dataset):
    """The settings of an evaluation, except its seed."""
    return settings.evaluation_settings(PARAMS, dataset, 0)


@cache
def judged_by(dataset):
    """The data of an evaluation, and all networks that judge it."""
    return [
        *paths.processed_files(PARAMS, dataset),
        *paths.judge_files(PARAMS, dataset),
        *video_networks(dataset),
        *inception(dataset),
    ]


@cache
def evaluation_inputs(run):
    """What a record is made from; nothing for a record that came with the clone and still holds."""
    if adoption.adopted_evaluation(PARAMS, run):
        return []
    weights = [] if run.model == catalogue.REAL else [f"{paths.run_folder(PARAMS, run)}/weights.safetensors"]
    return [*weights, *judged_by(run.dataset), fingerprint("evaluate", f"{run.model}/{run.dataset}")]


def video_networks(dataset):
    """The networks that measure Frechet distances of a dataset's videos."""
    if dataset not in catalogue.video_judged(PARAMS):
        return []
    return [*paths.video_judge_files(PARAMS), *([paths.i3d_file()] if PARAMS.evaluation.i3d else [])]


def video_options(dataset):
    """The same networks as words of the verb's command."""
    if dataset not in catalogue.video_judged(PARAMS):
        return []
    i3d = ["--i3d", paths.i3d_file()] if PARAMS.evaluation.i3d else []
    return ["--video-judge", paths.video_judge(PARAMS), *i3d]


def inception(dataset):
    """The network of fid-inception, where it is asked for and the frames of this dataset are compared."""
    wanted = PARAMS.evaluation.inception and dataset in catalogue.frame_judged(PARAMS)
    return [paths.inception_file()] if wanted else []


def run_option(run):
    """The words that name the run; real data is scored without one."""
    return [] if run.model == catalogue.REAL else ["--run", paths.run_folder(PARAMS, run)]


def figures(page):
    """A pattern of the figures that write a page beside their pictures, or of those that do not."""
    return one_of(name for name in PARAMS.figures if catalogue.has_page(PARAMS, name) == page)


def figure_runs(name):
    return [paths.run_folder(PARAMS, run) for run in catalogue.report_runs(PARAMS, PARAMS.figures[name])]


@cache
def table_inputs(name):
    """What a table is made from; nothing for a table that came with the clone and still holds."""
    if adoption.adopted_report(PARAMS, "tables", name):
        return []
    return [*paths.report_records(PARAMS, PARAMS.tables[name]), "data/published.csv", fingerprint("table", name)]


@cache
def figure_inputs(name):
    """What a figure is made from; nothing for a figure that came with the clone and still holds."""
    if adoption.adopted_report(PARAMS, "figures", name):
        return []
    weights = [f"{folder}/weights.safetensors" for folder in figure_runs(name)]
    records = [paths.record(PARAMS, run) for run in catalogue.report_runs(PARAMS, PARAMS.figures[name])]
    data = [file for dataset in PARAMS.figures[name].datasets for file in paths.processed_files(PARAMS, IDS[dataset])]
    return [*weights, *records, *data, fingerprint("figure", name)]


def claims_wait():
    """Whether the verdicts wait for every record: where everything is asked for, or the page that shows everything.

    Otherwise they are made from the records that exist, so that asking for them trains nothing.
    """
    asked = set(workflow.dag_settings.targets)
    return not asked or bool(asked & {"all", "site", "reports/index.html", "reports/README.md"})


def claims_inputs():
    """What the verdicts wait for."""
    records = [record for model in MODELS for record in records_of(model)] if claims_wait() else []
    return [*records, "data/claims.csv", fingerprint("claims", "claims")]


def claims_seen():
    """The digests of the records that exist, where the verdicts wait for none; they are made again when these change."""
    files = (file for folder in CLAIMS_RECORDS for file in sorted(Path(folder).glob("*/*/seed*.json")))
    return {} if claims_wait() else {str(file): file_digest(file) for file in files}


def report_json(kind, name):
    return as_json(settings.report_settings(PARAMS, kind, name))
