"""Who works in this folder. Snakemake's lock says that somebody does; this says who, and clears up after a power loss.

The name lies among Snakemake's own locks and goes with them. What SLURM still runs for a submitter that is gone is not
taken over by the next one (Snakemake cannot): it is cancelled, and goes on from its checkpoint when submitted again.
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

from latentmotion.core.errors import UserError
from latentmotion.core.files import write_atomic

FILE = Path(".snakemake/locks/holder.json")
SAME_START = 10.0  # seconds by which two readings of one process's start may differ, since clocks are set
CANCELLED_WITHIN = 300.0  # seconds that SLURM has to end cancelled jobs


def record() -> None:
    """Notes this process as the holder; for the main process of a workflow, once it has Snakemake's lock."""
    process = psutil.Process()
    holder = {
        "process": process.pid, "host": socket.gethostname(), "user": getpass.getuser(),
        "started": process.create_time(), "command": " ".join(["snakemake", *sys.argv[1:]]),
    }  # fmt: skip
    write_atomic(FILE, json.dumps(holder).encode())


def name() -> str | None:
    """One line on the holder, where there is one and it is neither this process nor one that started it."""
    holder = _read()
    own = [process.pid for process in (psutil.Process(), *psutil.Process().parents())]
    if holder is None or (holder["host"] == socket.gethostname() and holder["process"] in own and _lives(holder)):
        return None
    return _line(holder)


def say() -> None:
    """The last line of a snakemake that found somebody here: Snakemake itself refuses without a name."""
    line = name()
    if line:
        print(
            f"This folder is held by {line}. Wait for it, stop it, or after a power loss: make unlock", file=sys.stderr
        )


def unlock() -> None:
    """Shows the holder; if it is gone, cancels what SLURM still runs for this folder and removes Snakemake's lock.

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
    print(f"held by {_line(holder)}, which is gone" if holder else "nobody's name is on a lock here")
    jobs = _jobs()
    if jobs:
        print(f"cancelling its SLURM jobs: {' '.join(jobs)}")
        subprocess.run(["scancel", *jobs], check=True)
        _wait_for_end()
    subprocess.run(["snakemake", "--unlock", "--quiet", "all"], check=True)


def _read() -> dict | None:
    return json.loads(FILE.read_text()) if FILE.is_file() else None


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
