"""What several rules share: the patterns of paths, and parameters as the verbs and Snakemake's memory want them."""

import json
from functools import cache

from latentmotion import catalogue, closure, fetch, gpus, plan

ANY_RUN = catalogue.Run("{model}", "{dataset}", "{seed}")
RUN = catalogue.run_folder(PARAMS, ANY_RUN)
JUDGES = catalogue.judges(PARAMS, "{dataset}")
IDS = catalogue.ids(PARAMS)
RUNS = catalogue.runs(PARAMS)
REAL_RUNS = [catalogue.Run(catalogue.REAL, dataset, 0) for dataset in IDS.values()]
REPORTS = [
    file
    for kind in ("tables", "figures")
    for name in getattr(PARAMS, kind)
    for file in catalogue.report_files(PARAMS, kind, name)
]

# A job takes a GPU where this machine has one; on a cluster the profile's set-resources says so.
GPU = min(1, len(gpus.usable()))
# `python -m latentmotion.gpus N` in front of a command waits for N of them that no other job gets then.


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
    """How a training is started: alone, or by torchrun where the profile asks for several processes."""
    alone = "latentmotion"
    return alone if processes == 1 else f"torchrun --standalone --nproc-per-node {processes} -m latentmotion.cli"


def run_of(wildcards):
    return catalogue.Run(wildcards.model, wildcards.dataset, int(wildcards.seed))


def raw_files(dataset):
    """The pinned files that a real source is made of, by the name under which they are fetched; none for a drawn or a
    licensed one."""
    folder = f"data/raw/{catalogue.dataset_name(dataset)}"
    found = {
        name: [f"{folder}/{file}" for file in fetch.files(name)] for name in catalogue.raw_names(PARAMS, dataset)
    }
    return {name: files for name, files in found.items() if files}


@cache
def evaluation_inputs(run):
    """Run, data, judges, code and plan of a record; nothing for a record that came with the clone and still holds."""
    real = run.model == catalogue.REAL
    record = catalogue.record(PARAMS, run)
    weights = [] if real else [f"{catalogue.run_folder(PARAMS, run)}/weights.safetensors"]
    code = closure.sources(*catalogue.evaluation_modules(PARAMS, run.model))
    training = None if real else catalogue.training_settings(PARAMS, run.model, run.dataset)
    settings = catalogue.evaluation_settings(PARAMS, run.dataset, run.seed)
    if plan.adopted(record, weights, code, lambda found: real or found["training"]["settings"] == training):
        return []
    return [
        *weights,
        *catalogue.processed_files(PARAMS, run.dataset),
        *catalogue.judge_files(PARAMS, run.dataset),
        *video_networks(run.dataset),
        *inception(run.dataset),
        *code,
        plan.plan(record, {"training": training, **settings}),
    ]


def video_networks(dataset):
    """What Frechet distances of a dataset's videos are measured with."""
    if dataset not in catalogue.video_judged(PARAMS):
        return []
    return [*catalogue.video_judge_files(PARAMS), *([catalogue.i3d_file()] if PARAMS.evaluation.i3d else [])]


def video_options(dataset):
    """The same as options of the verb."""
    if dataset not in catalogue.video_judged(PARAMS):
        return ""
    i3d = f" --i3d {catalogue.i3d_file()}" if PARAMS.evaluation.i3d else ""
    return f"--video-judge {catalogue.video_judge(PARAMS)}{i3d}"


def inception(dataset):
    """The network of fid-inception, where it is asked for and frames of this dataset are compared."""
    wanted = PARAMS.evaluation.inception and dataset in catalogue.frame_judged(PARAMS)
    return [catalogue.inception_file()] if wanted else []


def run_option(run):
    """Real data is scored without a run."""
    return "" if run.model == catalogue.REAL else f"--run {catalogue.run_folder(PARAMS, run)}"


def figures(page):
    """A pattern of the figures that leave a page beside their pictures, or of those that do not."""
    return "|".join(name for name, section in PARAMS.figures.items() if catalogue.has_page(section) == page)


def figure_runs(name):
    return [catalogue.run_folder(PARAMS, run) for run in catalogue.report_runs(PARAMS, PARAMS.figures[name])]


def figure_data(name):
    return [file for dataset in PARAMS.figures[name].datasets for file in catalogue.processed_files(PARAMS, IDS[dataset])]


def report_inputs(kind, name):
    """The plan of a report and the code that renders it."""
    settings = catalogue.report_settings(PARAMS, kind, name)
    code = closure.sources(f"reports/{getattr(PARAMS, kind)[name].report}", "render")
    return [*code, plan.plan(catalogue.report_files(PARAMS, kind, name)[0], settings)]


def report_json(kind, name):
    return as_json(catalogue.report_settings(PARAMS, kind, name))
