"""The SLURM job in which a training runs: its time limit, and how it is put back into the queue.

This concerns only jobs that Snakemake submitted for one training. Where Snakemake itself runs inside a SLURM job, the
training must neither stop for the limit of that job nor put it back into the queue.
"""

import math
import os
import re
import shutil
import subprocess

BEGAN = "LATENTMOTION_JOB_BEGAN"  # when a job of Snakemake began, on the node's monotonic clock


def latest(margin: float) -> float:
    """The time on the monotonic clock that is `margin` seconds before the time limit of this job.

    It is infinite where there is no limit or no job. The end is computed from the length of the limit and not from a
    time of day, because the clocks of two machines may differ. The margin is at most half of the limit.
    """
    if BEGAN not in os.environ:
        return math.inf
    limit = seconds(_output_of("squeue", "--noheader", "--format=%l", "--job", _name()) or "")
    return math.inf if limit == math.inf else float(os.environ[BEGAN]) + limit - min(margin, limit / 2)


def requeue() -> bool:
    """Puts this job back into the queue under the same number, which uses up none of Snakemake's retries.

    SLURM then ends this process with SIGTERM. Returns False where Snakemake did not submit the job or SLURM refuses.
    """
    return BEGAN in os.environ and _output_of("scontrol", "requeue", _name()) is not None


def seconds(limit: str) -> float:
    """Seconds of a time limit, which SLURM prints as [days-][[hours:]minutes:]seconds; infinite for UNLIMITED."""
    if not re.fullmatch(r"(\d+-)?(\d+:){0,2}\d+", limit):
        return math.inf
    days, _, clock = limit.rpartition("-")
    hours, minutes, rest = [0, 0, 0, *map(int, clock.split(":"))][-3:]
    return ((int(days or 0) * 24 + hours) * 60 + minutes) * 60 + rest


def _name() -> str:
    """The number of this job; for a task of a job array, the numbers of the array and of the task.

    The number of one task alone may be that of the whole array.
    """
    array = os.environ.get("SLURM_ARRAY_JOB_ID")
    return f"{array}_{os.environ['SLURM_ARRAY_TASK_ID']}" if array else os.environ["SLURM_JOB_ID"]


def _output_of(*command: str) -> str | None:
    """The output of a SLURM command; None where the command is not installed or fails."""
    if not shutil.which(command[0]):
        return None
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else None
