"""What several rules share: the patterns of paths, and parameters as the verbs and Snakemake's memory want them."""

import json
from functools import cache

from snakemake.resources import Resource

from latentmotion.config import catalogue, downloads, paths, settings
from latentmotion.core import source_code
from latentmotion.pipeline import fingerprints, gpu_lock

ANY_RUN = catalogue.Run("{model}", "{dataset}", "{seed}")
RUN = paths.run_folder(PARAMS, ANY_RUN)
JUDGES = paths.judges(PARAMS, "{dataset}")
IDS = catalogue.ids(PARAMS)
RUNS = catalogue.runs(PARAMS)
REAL_RUNS = [catalogue.Run(catalogue.REAL, dataset, 0) for dataset in IDS.values()]
REPORTS = [
    file
    for kind in ("tables", "figures")
    for name in getattr(PARAMS, kind)
    for file in paths.report_files(PARAMS, kind, name)
]

# A job takes a GPU where this machine has one; on a cluster the profile's set-resources says so.
GPU = min(1, len(gpu_lock.usable()))
# `python -m latentmotion.pipeline.gpu_lock N` in front of a command waits for N of them that no other job gets then.


wildcard_constraints:
    model="|".join([catalogue.REAL, *PARAMS.models]),
    dataset="|".join(IDS.values()),
    seed="[0-9]+",
    label="[a-z0-9_-]+",
    table="|".join(PARAMS.tables),
    figure="|".join(PARAMS.figures),


def as_json(settings):
    """Settings as a verb's --settings; a string with sorted keys, so that Snakemake compares what they say."""
    return json.dumps(settings, sort_keys=True)


def launcher(processes):
    """How a training is started: alone, or by torchrun where its model asks for several processes."""
    if processes == 1:
        return "latentmotion"
    passed_on = "SIGTERM,SIGINT,SIGHUP,SIGQUIT,SIGUSR1"
    return (
        f"torchrun --standalone --nproc-per-node {processes} --signals-to-handle {passed_on} -m latentmotion.cli"
    )


def shares(wildcards):
    """How many processes share each batch of a training."""
    return PARAMS.models[wildcards.model].gpus


def of_each_process(resource):
    """What a rule, a profile or --set-resources asks for a training is for one process: this asks for all."""

    def of_all(wildcards, input, attempt, threads, rulename, async_run):
        asked = dict(input=input, attempt=attempt, threads=threads, rulename=rulename, async_run=async_run)
        return resource.evaluate(wildcards, **asked).value * shares(wildcards)

    return Resource(resource.name, of_all, raw=resource.raw)


def run_of(wildcards):
    return catalogue.Run(wildcards.model, wildcards.dataset, int(wildcards.seed))


def code(name, sources):
    """One small file that says what the code of many jobs is, in place of its sources.

    Sixty more inputs to each of 2,000 jobs would make Snakemake plan three times as long.
    """
    return fingerprints.plan(f"code/{name}", {source: source_digest(source) for source in sources})


@cache
def training_code(model):
    system = PARAMS.models[model].system
    return code(f"train/{system}", source_code.sources(f"models/{system}", "training/train"))


@cache
def evaluation_code(model):
    name = model if model == catalogue.REAL else PARAMS.models[model].system
    return code(f"evaluate/{name}", evaluation_sources(model))


def raw_files(dataset):
    """The pinned files that a real source is made of, by the name under which they are fetched; none for a drawn or a
    licensed one."""
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
    """But for the seed."""
    return settings.evaluation_settings(PARAMS, dataset, 0)


@cache
def judged_by(dataset):
    """The data of an evaluation and all networks that it judges by."""
    return [
        *paths.processed_files(PARAMS, dataset),
        *paths.judge_files(PARAMS, dataset),
        *video_networks(dataset),
        *inception(dataset),
    ]


@cache
def evaluation_sources(model):
    return source_code.sources(*catalogue.evaluation_modules(PARAMS, model))


@cache
def evaluation_inputs(run):
    """Run, data, judges, code and plan of a record; nothing for a record that came with the clone and still holds."""
    real = run.model == catalogue.REAL
    record = paths.record(PARAMS, run)
    weights = [] if real else [f"{paths.run_folder(PARAMS, run)}/weights.safetensors"]
    training = None if real else training_settings(run.model, run.dataset)
    settings = evaluation_settings(run.dataset) | {"seed": run.seed}
    holds = lambda found: real or found["training"]["settings"] == training
    if fingerprints.adopted(record, weights, evaluation_sources(run.model), holds):
        return []
    return [
        *weights,
        *judged_by(run.dataset),
        evaluation_code(run.model),
        fingerprints.plan(record, {"training": training, **settings}),
    ]


def video_networks(dataset):
    """What Frechet distances of a dataset's videos are measured with."""
    if dataset not in catalogue.video_judged(PARAMS):
        return []
    return [*paths.video_judge_files(PARAMS), *([paths.i3d_file()] if PARAMS.evaluation.i3d else [])]


def video_options(dataset):
    """The same as options of the verb."""
    if dataset not in catalogue.video_judged(PARAMS):
        return ""
    i3d = f" --i3d {paths.i3d_file()}" if PARAMS.evaluation.i3d else ""
    return f"--video-judge {paths.video_judge(PARAMS)}{i3d}"


def inception(dataset):
    """The network of fid-inception, where it is asked for and frames of this dataset are compared."""
    wanted = PARAMS.evaluation.inception and dataset in catalogue.frame_judged(PARAMS)
    return [paths.inception_file()] if wanted else []


def run_option(run):
    """Real data is scored without a run."""
    return "" if run.model == catalogue.REAL else f"--run {paths.run_folder(PARAMS, run)}"


def figures(page):
    """A pattern of the figures that leave a page beside their pictures, or of those that do not."""
    return "|".join(name for name, section in PARAMS.figures.items() if catalogue.has_page(section) == page)


def figure_runs(name):
    return [paths.run_folder(PARAMS, run) for run in catalogue.report_runs(PARAMS, PARAMS.figures[name])]


def figure_data(name):
    return [file for dataset in PARAMS.figures[name].datasets for file in paths.processed_files(PARAMS, IDS[dataset])]


def report_inputs(kind, name):
    """The plan of a report and the code that renders it."""
    settings = settings.report_settings(PARAMS, kind, name)
    code = source_code.sources(f"reports/{getattr(PARAMS, kind)[name].report}", "render")
    return [*code, fingerprints.plan(paths.report_files(PARAMS, kind, name)[0], settings)]


def report_json(kind, name):
    return as_json(settings.report_settings(PARAMS, kind, name))
