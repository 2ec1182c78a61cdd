"""What Snakemake's SLURM plugin leaves to its user: a profile that fits the cluster, and array tasks that run alone.

The plugin itself submits the jobs and watches them.
"""

import base64
import json
import os
import shutil
import subprocess
import sys
import time
import zlib
from pathlib import Path

import yaml

from latentmotion.core.errors import UserError, nearest
from latentmotion.training.slurm_job import BEGAN

ARRAY = "--slurm-jobstep-array-execs="  # an option of the plugin's: base64 of JSON, task -> deflated command in hex


def enter_job() -> None:
    """Called first by a Snakemake process that runs inside a SLURM job.

    The plugin (2.8.0) starts every task of an array as the array's first job, lets that start the task's own command
    and judges the task by the first job's files: a task that ends long before the first one fails, and one that fails
    deletes the first one's results (snakemake-executor-plugin-slurm#447). Here such a task becomes its own command.
    """
    os.environ.setdefault(BEGAN, str(time.monotonic()))
    commands = next((word.removeprefix(ARRAY) for word in sys.argv if word.startswith(ARRAY)), None)
    task = os.environ.get("SLURM_ARRAY_TASK_ID")
    if commands and task != os.environ.get("SLURM_ARRAY_TASK_MIN"):
        command = zlib.decompress(bytes.fromhex(json.loads(base64.b64decode(commands))[task])).decode()
        os.execvp("sh", ["sh", "-c", command])


def check_profile(gpus: dict[str, int]) -> None:
    """Checks that SLURM can run what the profile of this Snakemake process asks for, where there is SLURM.

    Arguments:
        gpus: model -> the number of GPUs that one training asks for.

    Raises:
        UserError: a partition does not exist; an array of trainings that ask for different numbers of GPUs.
    """
    file = _profile()
    profile = yaml.safe_load(file.read_text(encoding="utf-8")) if file else {}
    if profile.get("executor") != "slurm" or not shutil.which("sinfo"):
        return
    if "train" in profile.get("slurm-array-jobs", "") and len(set(gpus.values())) > 1:
        most = max(gpus, key=gpus.get)
        raise UserError(
            f"{file}: slurm-array-jobs: a whole array gets what its first job asks for, and models.{most}.gpus is"
            f" {gpus[most]} where others have {min(gpus.values())}; take slurm-array-jobs out"
        )
    listed = subprocess.run(["sinfo", "--noheader", "--format=%R"], capture_output=True, text=True)
    for key in ("gpu_partition", "cpu_partition"):
        name = profile["__variables__"].get(key)
        if listed.returncode == 0 and name not in listed.stdout.split():
            offer = nearest(str(name), listed.stdout.split())
            raise UserError(f"{file}: {key}: SLURM has no partition '{name}'; {offer} (`sinfo` lists them)")


def _profile() -> Path | None:
    """The file of the profile with which this Snakemake process was started; None where no folder was named."""
    words = [part for word in sys.argv for part in word.split("=", 1)]
    named = words[words.index("--profile") + 1] if "--profile" in words[:-1] else os.environ.get("SNAKEMAKE_PROFILE")
    file = Path(named or "") / "config.yaml"
    return file if named and file.is_file() else None
