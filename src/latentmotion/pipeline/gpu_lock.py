"""Locks on the GPUs of this machine, so that no two jobs run on one of them.

Snakemake counts GPUs but does not choose one for a job. `python -m latentmotion.pipeline.gpu_lock N COMMAND` waits for
N GPUs that no other job holds, puts them into CUDA_VISIBLE_DEVICES and then runs COMMAND in its own place. The kernel
releases the locks when the job ends, in whatever way it ends. On a cluster SLURM chooses the devices, and only those
are considered.
"""

import fcntl
import os
import re
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path

from latentmotion.core.errors import UserError

LOCKS = Path(f"/tmp/latentmotion-{os.getuid()}")  # the same folder for all jobs of a machine, whatever their TMPDIR is
POLL = 1.0  # seconds between two attempts to find free GPUs
VISIBLE = "CUDA_VISIBLE_DEVICES"


def usable() -> list[str]:
    """Identifiers of the GPUs that jobs may use: those in CUDA_VISIBLE_DEVICES, or all that the driver lists.

    Numbers are replaced by the UUIDs of the driver, so that every process calls a GPU by the same name.
    """
    if not shutil.which("nvidia-smi"):
        return []
    command = ["nvidia-smi", "--query-gpu=uuid", "--format=csv,noheader"]
    done = subprocess.run(command, capture_output=True, text=True)
    listed = done.stdout.split() if done.returncode == 0 else []
    named = os.environ.get(VISIBLE)
    if named is None:
        return listed
    return visible(named, listed)


def visible(value: str, listed: list[str]) -> list[str]:
    """The GPUs that a value of CUDA_VISIBLE_DEVICES leaves, as CUDA reads it: the names up to the first wrong one.

    A name is a number of the list, or the UUID of a GPU or its beginning, or the name of a MIG device. A number such as
    -1, another word, or an empty place ends the list, and a GPU that is named twice leaves none.
    """
    found: list[str] = []
    for name in (word.strip() for word in value.split(",")):
        matching = [uuid for uuid in listed if name.startswith("GPU-") and uuid.startswith(name)]
        if re.fullmatch("[0-9]+", name) and int(name) < len(listed):
            found.append(listed[int(name)])
        elif len(matching) == 1 or name.startswith("MIG-"):
            found.append(matching[0] if matching else name)
        else:
            break
    return found if len(set(found)) == len(found) else []


def take(count: int) -> list[str]:
    """Locks `count` of the usable GPUs until this process and its children end; waits where others hold them.

    Raises:
        UserError: fewer GPUs than that may be used.
    """
    names = usable()
    if len(names) < count:
        raise UserError(
            f"the job asks for gpu={count} and {os.uname().nodename} lets it use {len(names)}; see `nvidia-smi` and"
            f" {VISIBLE}, or run it with --set-resources RULE:gpu=0"
        )
    _own_folder(LOCKS)
    told = False
    while True:
        held = {}
        for name in names:
            if len(held) < count and (lock := _lock(name)) is not None:
                held[name] = lock
        if len(held) == count:
            return list(held)
        for lock in held.values():
            os.close(lock)
        if not told:
            print(f"waiting for {count} of {len(names)} GPUs, held by other jobs", file=sys.stderr)
            told = True
        time.sleep(POLL)


def _own_folder(folder: Path) -> None:
    """Makes the folder of locks for this user alone. Raises UserError where another user has made it, or a link."""
    folder.mkdir(mode=0o700, exist_ok=True)
    state = folder.lstat()
    if not stat.S_ISDIR(state.st_mode) or state.st_uid != os.getuid():
        raise UserError(f"{folder}: belongs to another user, who could hold up jobs by it; remove it or ask them to")


def _lock(name: str) -> int | None:
    """Locks one GPU and returns the descriptor, or None where another job holds it.

    The descriptor outlives exec and is inherited by children, so that the lock lasts as long as any of them.
    """
    descriptor = os.open(LOCKS / name, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    os.set_inheritable(descriptor, True)
    return descriptor


def main(count: str, *command: str) -> None:
    if int(count):
        try:
            os.environ[VISIBLE] = ",".join(take(int(count)))
        except UserError as error:
            sys.exit(f"latentmotion gpus: {error}")
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(*sys.argv[1:])
