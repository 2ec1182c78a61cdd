"""Which processes work in this folder, and what to do when one of them is gone.

Snakemake locks the files that a process works on, so that several processes may work in one folder on different files.
It does not record who holds a lock. Each process therefore leaves a file beside the locks that names it. After a power
loss, jobs that SLURM still runs for the lost process are cancelled, because Snakemake cannot take them over; they
continue from their checkpoints when they are submitted again.
"""

import atexit
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

LOCKS = Path(".snakemake/locks")
HOLDERS = "holder-*.json"
SAME_START = 10.0  # seconds by which two readings of one process's start may differ, since clocks are set
CANCELLED_WITHIN = 300.0  # seconds that SLURM has to end cancelled jobs


def keep_locks_of_others() -> None:
    """Makes Snakemake remove its own locks alone when it ends, and all locks only for `snakemake --unlock`.

    Snakemake 9 removes the whole folder when one process ends. The files of the others are then no longer locked.
    """
    from snakemake.persistence.file import FilePersistence

    remove_all = FilePersistence._delete_locks

    def remove_own(self) -> None:
        for lock in self._lockfile.values():
            Path(lock).unlink(missing_ok=True)
        self._lockfile.clear()

    FilePersistence._delete_locks, FilePersistence.cleanup_locks = remove_own, remove_all


def record() -> None:
    """Records this process as a holder; called by the main process of a workflow once it has Snakemake's lock.

    The file goes when the process ends by itself. One that is killed leaves it behind.
    """
    process = psutil.Process()
    holder = {
        "process": process.pid, "host": socket.gethostname(), "user": getpass.getuser(),
        "started": process.create_time(), "command": without_passwords(" ".join(["snakemake", *sys.argv[1:]])),
    }  # fmt: skip
    file = _file(holder).absolute()
    write_atomic(file, json.dumps(holder).encode())
    atexit.register(file.unlink, missing_ok=True)
    atexit.unregister(say)  # this process was not refused


def name() -> str | None:
    """One line about the other holders, or about those that are gone where none lives; None where there is no other."""
    own = [process.pid for process in (psutil.Process(), *psutil.Process().parents())]
    others = [
        holder
        for holder in _read()
        if not (holder["host"] == socket.gethostname() and holder["process"] in own and _lives(holder))
    ]
    living = [holder for holder in others if _may_live(holder)]
    return " and by ".join(_line(holder) for holder in living or others) or None


def say() -> None:
    """Prints who holds the folder, as the last line of a Snakemake process that was refused because of it."""
    line = name()
    if line:
        print(
            f"This folder is held by {line}. Wait for it, stop it, or after a power loss: make unlock", file=sys.stderr
        )


def unlock() -> None:
    """Shows the holders; if all are gone, cancels the SLURM jobs of this folder and removes Snakemake's locks.

    Raises:
        UserError: a holder lives, or cannot be seen from this machine.
    """
    holders = _read()
    for holder in holders:
        if holder["host"] != socket.gethostname():
            raise UserError(
                f"held by {_line(holder)}; run this on {holder['host']}, or delete {_file(holder)} first if that"
                " process is gone"
            )
        if _lives(holder):
            raise UserError(
                f"held by {_line(holder)}, which still works; stop it with Ctrl-C there or: kill -INT"
                f" {holder['process']}"
            )
    for holder in holders:
        print(f"held by {_line(holder)}, which is gone")
    if not holders:
        print("no process is recorded as the holder of this folder")
    jobs = _jobs()
    if jobs:
        print(f"cancelling its SLURM jobs: {' '.join(jobs)}")
        subprocess.run(["scancel", *jobs], check=True)
        _wait_for_end()
    subprocess.run(["snakemake", "--unlock", "--quiet", "all"], check=True)
    for file in LOCKS.glob(HOLDERS):  # also one that a crash has damaged
        file.unlink(missing_ok=True)


def _read() -> list[dict]:
    """The holders, in the order of their start, without files that a crash has left empty or damaged."""
    found = [holder for file in LOCKS.glob(HOLDERS) if (holder := _holder(file))]
    return sorted(found, key=lambda holder: holder["started"])


def _holder(file: Path) -> dict | None:
    try:
        holder = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    types = {"process": int, "host": str, "user": str, "started": float, "command": str}
    right = isinstance(holder, dict) and all(isinstance(holder.get(key), kind) for key, kind in types.items())
    return holder if right and 0 < holder["process"] < 2**31 and 0 < holder["started"] < 2**33 else None


def _file(holder: dict) -> Path:
    return LOCKS / f"holder-{holder['host']}-{holder['process']}.json"


def _may_live(holder: dict) -> bool:
    """Whether a holder lives, or works on another machine, where it cannot be seen."""
    return holder["host"] != socket.gethostname() or _lives(holder)


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
