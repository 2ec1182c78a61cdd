"""The SLURM job that a training runs in, where Snakemake submitted one for it: when its time is over, and once more.

A Snakemake that runs inside somebody's own job is no such job: it, and not the training, decides what comes then.
"""

import math
import os
import re
import shutil
import subprocess

BEGAN = "LATENTMOTION_JOB_BEGAN"  # set in jobs of Snakemake's: their beginning on this machine's monotonic clock


def latest(margin: float) -> float:
    """The moment on the monotonic clock that lies `margin` seconds before this job's time is over.

    Infinity where there is no limit, or no job. SLURM is asked for the length of the limit and not for a time of day:
    clocks of two machines may differ. The margin is at most half of the limit.
    """
    if BEGAN not in os.environ:
        return math.inf
    limit = seconds(_ask("squeue", "--noheader", "--format=%l", "--job", _name()) or "")
    return math.inf if limit == math.inf else float(os.environ[BEGAN]) + limit - min(margin, limit / 2)


def requeue() -> bool:
    """Puts this job back into the queue, under its number and with none of Snakemake's retries used up.

    False where it is no job of Snakemake's, or SLURM refuses. SLURM then ends this process, with SIGTERM first.
    """
    return BEGAN in os.environ and _ask("scontrol", "requeue", _name()) is not None


def seconds(limit: str) -> float:
    """SLURM's [days-][[hours:]minutes:]seconds; infinity for what is no time, such as UNLIMITED."""
    if not re.fullmatch(r"(\d+-)?(\d+:){0,2}\d+", limit):
        return math.inf
    days, _, clock = limit.rpartition("-")
    hours, minutes, rest = [0, 0, 0, *map(int, clock.split(":"))][-3:]
    return ((int(days or 0) * 24 + hours) * 60 + minutes) * 60 + rest


def _name() -> str:
    """A task of an array by its place: the plain number of one of them is that of the whole array too."""
    array = os.environ.get("SLURM_ARRAY_JOB_ID")
    return f"{array}_{os.environ['SLURM_ARRAY_TASK_ID']}" if array else os.environ["SLURM_JOB_ID"]


def _ask(*command: str) -> str | None:
    """What a command of SLURM's prints; None where there is none, or it fails."""
    if not shutil.which(command[0]):
        return None
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else None
