"""The workflow. `snakemake` makes every table and figure; `snakemake table2` makes one table and what it needs.

params.yaml describes what there is to do, and profiles/ how it is run: cores, GPUs and queues.
"""

import atexit
import gc
import shlex
import sys
from pathlib import Path

from latentmotion.config import params
from latentmotion.core import own_source
from latentmotion.core.errors import UserError
from latentmotion.pipeline import (
    adoption,
    command_line,
    cost_summary,
    earlier_layout,
    fingerprints,
    job_environment,
    made_files,
    network_settings,
    progress_line,
    slurm,
    targets,
    workdir_lock,
)

if workflow.remote_exec:
    slurm.enter_job()

gc.set_threshold(100_000, 20)  # a plan holds many objects for long: collecting garbage took an eighth of its time

try:
    own_source.check(Path(workflow.basedir))
    PARAMS = params.load(overrides=config)
    if workflow.is_main_process:
        progress_line.hush(workflow)
        workdir_lock.keep_locks_of_others()
        earlier_layout.refuse()
        if overlay := command_line.foreign_overlay(workflow.overwrite_configfiles, PARAMS.scale):
            sys.exit(overlay)
        network_settings.check(PARAMS)
        slurm.check_profile({name: model.gpus for name, model in PARAMS.models.items()})
    # Both before the DAG is built: Snakemake lists a folder once and would miss later files. A copied report is older than
    # its fingerprint, so that it is made again when a record behind it is gone.
    if workflow.is_main_process:
        adoption.take_over_published(PARAMS)
    fingerprints.write(PARAMS)
except UserError as error:
    sys.exit(str(error))

container: "docker://python:3.11"  # documents the software; used only with --sdm apptainer


report: "workflow/report/workflow.rst"


# Jobs find the verbs in the environment of Snakemake itself, whether or not that environment is activated.
shell.prefix(
    f"set -euo pipefail; export PYTHONUTF8=1 PATH={shlex.quote(str(Path(sys.executable).parent))}:$PATH; "
    f"{job_environment.exports()}; "
)

# On a cluster, jobs that take seconds or need the network run on the machine on which Snakemake runs.
localrules:
    all,
    fetch_i3d,
    fetch_inception,
    scores,
    table,
    claims,
    site,


include: "workflow/rules/common.smk"


rule all:
    """Makes every table, figure, record and page."""
    input:
        REPORTS,
        "reports/index.html",
        [record for model in MODELS for record in records_of(model)],  # every run is scored, whether a table shows it or not
        [file for model in PARAMS.models for file in paths.main_scores(PARAMS, model)],


include: "workflow/rules/data.smk"
include: "workflow/rules/judge.smk"
include: "workflow/rules/video_judge.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/evaluate.smk"
include: "workflow/rules/report.smk"


if workflow.is_main_process:
    targets.check(workflow)
    atexit.register(workdir_lock.say)
    atexit.register(cost_summary.say_after_dry_run, workflow, PARAMS)


onstart:
    workdir_lock.record()
    job_environment.say()
    cost_summary.say(workflow, PARAMS)
    progress_line.attach(workflow, PARAMS)


onsuccess:
    if not config:  # DVC uses params.yaml without overrides
        shell("latentmotion dvc-commit || true")
    made_files.say(workflow)
