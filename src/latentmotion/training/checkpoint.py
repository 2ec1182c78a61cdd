"""Resumable state of one training: whole or not there, proved by its sha256, never another model's.

It lies under `state/<key>/`, where the key is the hash of everything that decides the outcome (settings, data, code,
seed): a changed hyper-parameter cannot resume a foreign state. Neither Snakemake nor DVC knows the folder.
"""

import fcntl
import hashlib
import io
import os
import shutil
import socket
from pathlib import Path

import torch

from latentmotion.errors import UserError
from latentmotion.records import write_atomic

SUM = 64  # length of the hexadecimal sha256 that a checkpoint begins with


class Checkpoint:
    """One folder under `state`, held by one process at a time from `open` to `close`."""

    def __init__(self, state: Path, key: str):
        self.key = key
        self.folder = Path(state) / key[:32]
        self.file = self.folder / "checkpoint.pt"

    def open(self, out: Path) -> None:
        """Takes the lock. A second process is told who holds it; a dead holder's lock is gone with it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = open(self.folder / "lock", "a+")  # noqa: SIM115 - held until close()
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.seek(0)
            holder = self._lock.read().strip() or "another process"
            raise UserError(f"{out}: is being trained by {holder}; wait for it or stop it") from None
        self._lock.truncate(0)
        self._lock.write(f"process {os.getpid()} on {socket.gethostname()}")
        self._lock.flush()

    def save(self, content: dict) -> None:
        buffer = io.BytesIO()
        torch.save({"key": self.key, **content}, buffer)
        body = buffer.getvalue()
        write_atomic(self.file, hashlib.sha256(body).hexdigest().encode() + body)

    def load(self, device: torch.device) -> dict | None:
        """The saved state, None when there is none. Missing and unreadable are different things."""
        if not self.file.is_file():
            return None
        content = self.file.read_bytes()
        if hashlib.sha256(content[SUM:]).hexdigest().encode() != content[:SUM]:
            raise UserError(f"{self.file}: damaged checkpoint (sha256 differs); delete {self.folder} to start again")
        state = torch.load(io.BytesIO(content[SUM:]), map_location=device, weights_only=True)
        if state["key"] != self.key:
            raise UserError(f"{self.file}: belongs to another training; delete {self.folder} to start again")
        return state

    def close(self, finished: bool) -> None:
        """Releases the lock; a finished training needs no state."""
        if finished:
            shutil.rmtree(self.folder, ignore_errors=True)
        self._lock.close()
