"""Which process works in this folder, and what to do when that process is gone.

Snakemake locks a folder without recording who holds the lock. The holder is recorded here in a file beside Snakemake's
own locks, which Snakemake deletes together with them. After a power loss, jobs that SLURM still runs for the lost
process are cancelled, because Snakemake cannot take them over; they continue from their checkpoints when they are
submitted again.
"""

import getpass
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import psutil

from latentmotion.core.errors import UserError, without_passwords
from latentmotion.core.files import write_atomic

FILE = Path(".snakemake/locks/holder.json")
SAME_START = 10.0  # seconds by which two readings of one process's start may differ, since clocks are set
CANCELLED_WITHIN = 300.0  # seconds that SLURM has to end cancelled jobs


def record() -> None:
    """Records this process as the holder; called by the main process of a workflow once it has Snakemake's lock."""
    process = psutil.Process()
    holder = {
        "process": process.pid, "host": socket.gethostname(), "user": getpass.getuser(),
        "started": process.create_time(), "command": without_passwords(" ".join(["snakemake", *sys.argv[1:]])),
    }  # fmt: skip
    write_atomic(FILE, json.dumps(holder).encode())


def name() -> str | None:
    """One line about the holder; None where there is none, or where it is this process or one that started it."""
    holder = _read()
    own = [process.pid for process in (psutil.Process(), *psutil.Process().parents())]
    if holder is None or (holder["host"] == socket.gethostname() and holder["process"] in own and _lives(holder)):
        return None
    return _line(holder)


def say() -> None:
    """Prints who holds the folder, as the last line of a Snakemake process that was refused because of it."""
    line = name()
    if line:
        print(
            f"This folder is held by {line}. Wait for it, stop it, or after a power loss: make unlock", file=sys.stderr
        )


def unlock() -> None:
    """Shows the holder; if it is gone, cancels the SLURM jobs of this folder and removes Snakemake's lock.

    Raises:
        UserError: the holder lives, or cannot be seen from this machine.
    """
    holder = _read()
    if holder and holder["host"] != socket.gethostname():
        raise UserError(
            f"held by {_line(holder)}; run this on {holder['host']}, or delete {FILE} first if that process is gone"
        )
    if holder and _lives(holder):
        raise UserError(
            f"held by {_line(holder)}, which still works; stop it with Ctrl-C there or: kill -INT {holder['process']}"
        )
    print(
        f"held by {_line(holder)}, which is gone" if holder else "no process is recorded as the holder of this folder"
    )
    jobs = _jobs()
    if jobs:
        print(f"cancelling its SLURM jobs: {' '.join(jobs)}")
        subprocess.run(["scancel", *jobs], check=True)
        _wait_for_end()
    subprocess.run(["snakemake", "--unlock", "--quiet", "all"], check=True)


def _read() -> dict | None:
    """The holder; None where no file names one, or a file that a crash has left empty or damaged."""
    try:
        holder = json.loads(FILE.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    types = {"process": int, "host": str, "user": str, "started": float, "command": str}
    right = isinstance(holder, dict) and all(isinstance(holder.get(key), kind) for key, kind in types.items())
    return holder if right and 0 < holder["process"] < 2**31 and 0 < holder["started"] < 2**33 else None


def _lives(holder: dict) -> bool:
    try:
        return abs(psutil.Process(holder["process"]).create_time() - holder["started"]) < SAME_START
    except psutil.NoSuchProcess:
        return False


def _line(holder: dict) -> str:
    since = datetime.fromtimestamp(holder["started"]).strftime("%Y-%m-%d %H:%M")
    return f"process {holder['process']} of {holder['user']} on {holder['host']} since {since} ({holder['command']})"


def _jobs() -> list[str]:
    """SLURM jobs and arrays of this user whose working directory is this folder."""
    if not shutil.which("squeue"):
        return []
    listed = subprocess.run(
        ["squeue", "--me", "--noheader", "--format=%F %Z"], capture_output=True, text=True, check=True
    )
    pairs = [line.split(" ", 1) for line in listed.stdout.splitlines()]
    return sorted({job for job, folder in pairs if os.path.realpath(folder) == os.path.realpath(".")})


def _wait_for_end() -> None:
    deadline = time.monotonic() + CANCELLED_WITHIN
    while jobs := _jobs():
        if time.monotonic() > deadline:
            raise UserError(f"SLURM jobs {' '.join(jobs)} do not end; see `squeue --me`, then run this again")
        time.sleep(1)
