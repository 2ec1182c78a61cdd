"""The GPUs of this machine, never two jobs on one.

Snakemake counts GPUs and does not say which one a job has. `python -m latentmotion.pipeline.gpu_lock N COMMAND` waits for N that
nobody holds, names them in CUDA_VISIBLE_DEVICES and becomes COMMAND. It holds kernel locks, gone with the job however
that ends. It is no scheduler: on a cluster SLURM names the devices, and only those are looked at.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from latentmotion.core.errors import UserError

LOCKS = Path(f"/tmp/latentmotion-{os.getuid()}")  # one place a machine, whatever TMPDIR a job has
POLL = 1.0  # seconds between two looks for a free one
VISIBLE = "CUDA_VISIBLE_DEVICES"


def usable() -> list[str]:
    """Identifiers of the GPUs that jobs may use here: those CUDA_VISIBLE_DEVICES names, or all that the driver lists.

    Numbers become the driver's UUIDs, so that one GPU has one name whoever asks.
    """
    if not shutil.which("nvidia-smi"):
        return []
    command = ["nvidia-smi", "--query-gpu=uuid", "--format=csv,noheader"]
    done = subprocess.run(command, capture_output=True, text=True)
    listed = done.stdout.split() if done.returncode == 0 else []
    named = os.environ.get(VISIBLE)
    if named is None:
        return listed
    names = [name.strip() for name in named.split(",") if name.strip()]
    return [listed[int(name)] if name.isdigit() and int(name) < len(listed) else name for name in names]


def take(count: int) -> list[str]:
    """Locks `count` of the usable GPUs until this process and its children end; waits where others hold them.

    Raises:
        UserError: there are not as many.
    """
    names = usable()
    if len(names) < count:
        raise UserError(
            f"the job asks for gpu={count} and {os.uname().nodename} lets it use {len(names)}; see `nvidia-smi` and"
            f" {VISIBLE}, or run it with --set-resources RULE:gpu=0"
        )
    LOCKS.mkdir(exist_ok=True)
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


def _lock(name: str) -> int | None:
    """A descriptor that outlives exec and is inherited by children, so that the lock lasts as long as any of them."""
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
