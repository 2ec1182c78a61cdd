"""The workflow. `snakemake` makes every table and figure; `snakemake reports/table2.csv` one table and what it needs.

What there is to do stands in params.yaml, how it is run (cores, GPUs, queues) in profiles/.
"""

import atexit
import gc
import sys
from pathlib import Path

from latentmotion.config import params
from latentmotion.pipeline import cost_summary, earlier_layout, slurm, targets, workdir_lock
from latentmotion.core.errors import UserError

if workflow.remote_exec:
    slurm.enter_job()

gc.set_threshold(100_000, 20)  # a plan is many objects that stay: looking for garbage took an eighth of its time

try:
    PARAMS = params.load(overrides=config)
    if workflow.is_main_process:
        earlier_layout.refuse()
        slurm.check_profile({name: model.gpus for name, model in PARAMS.models.items()})
except UserError as error:
    sys.exit(str(error))

container: "docker://python:3.11"  # documents the software; used only with --sdm apptainer


report: "workflow/report/workflow.rst"


# Jobs find the verbs beside the Snakemake that runs them, whether or not the environment is activated.
shell.prefix(f"set -euo pipefail; export PATH='{Path(sys.executable).parent}':$PATH; ")

# On a cluster, what takes seconds or the network stays where snakemake runs.
localrules:
    all,
    fetch_i3d,
    fetch_inception,
    scores,
    table,
    site,
    track,


include: "workflow/rules/common.smk"


rule all:
    input:
        REPORTS,
        "reports/index.html",
        [record for model in MODELS for record in records_of(model)],  # scored, whether a table shows them or not
        [file for model in PARAMS.models for file in paths.main_scores(PARAMS, model)],


include: "workflow/rules/data.smk"
include: "workflow/rules/judge.smk"
include: "workflow/rules/video_judge.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/evaluate.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/track.smk"


if workflow.is_main_process:
    targets.check(workflow)
    atexit.register(workdir_lock.say)
    atexit.register(cost_summary.say_after_dry_run, workflow, PARAMS)


onstart:
    workdir_lock.record()
    cost_summary.say(workflow, PARAMS)


onsuccess:
    if not config:  # DVC follows params.yaml as it stands
        shell("latentmotion dvc-commit || true")
