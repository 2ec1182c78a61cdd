"""Resumable state of one training: whole or not there, proved by its sha256, never another model's.

It lies under `state/<key>/`, where the key is the hash of everything that decides the outcome (settings, data, code,
seed): a changed hyper-parameter cannot resume a foreign state. Neither Snakemake nor DVC knows the folder.

A cluster may start a training again while its first process still lives on another node, where no lock reaches.
Therefore every attempt takes a token greater than all before it and writes checkpoints under a name of its own: an
attempt that has been overtaken stops, and cannot overwrite what the newer one wrote. No clock and no file time decides.
"""

import fcntl
import hashlib
import io
import os
import secrets
import shutil
import socket
from pathlib import Path

import torch

from latentmotion.core.errors import UserError
from latentmotion.core.files import write_atomic

SUM = 64  # length of the hexadecimal sha256 that a checkpoint begins with


class Checkpoint:
    """One folder under `state`, held by one process at a time from `open` to `close`."""

    def __init__(self, state: Path, key: str):
        self.key = key
        self.folder = Path(state) / key[:32]
        self.token = 0  # of nobody, until `open`

    @property
    def file(self) -> Path:
        """Where this attempt saves."""
        return self.folder / f"checkpoint-{self.token}.pt"

    def open(self, out: Path) -> None:
        """Takes the lock and a token. A second process is told who holds it; a dead holder's lock is gone with it."""
        self.out = out
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = open(self.folder / "lock", "a+")  # noqa: SIM115 - held until close()
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.seek(0)
            holder = self._lock.read().strip() or "another process"
            raise UserError(f"{out}: is being trained by {holder}; wait for it or stop it") from None
        self.name = f"process {os.getpid()} on {socket.gethostname()}"
        self._lock.truncate(0)
        self._lock.write(self.name)
        self._lock.flush()
        self._take_token()

    def check(self) -> None:
        """Nothing, as long as no other attempt has begun since this one.

        Raises:
            UserError: another one has; it is named, and this one must not write any more.
        """
        if self.token == 0:
            return
        newest = max(self._numbers("token-*"), default=0)
        if newest == self.token and _text(self.folder / f"token-{newest}") == self._mark:
            return
        holder = _text(self.folder / f"token-{newest}").partition(",")[0] or "an attempt that has finished"
        raise UserError(f"{self.out}: taken over by {holder}; this attempt ({self.name}) stops and writes nothing")

    def save(self, content: dict) -> None:
        buffer = io.BytesIO()
        torch.save({"key": self.key, **content}, buffer)
        body = buffer.getvalue()
        self.check()
        write_atomic(self.file, hashlib.sha256(body).hexdigest().encode() + body)
        for number in self._numbers("checkpoint-*.pt"):
            if number < self.token:
                (self.folder / f"checkpoint-{number}.pt").unlink(missing_ok=True)

    def load(self, device: torch.device) -> dict | None:
        """The state that the newest attempt saved, None when there is none. Missing and unreadable are different."""
        saved = max(self._numbers("checkpoint-*.pt"), default=None)
        if saved is None:
            return None
        file = self.folder / f"checkpoint-{saved}.pt"
        content = file.read_bytes()
        if hashlib.sha256(content[SUM:]).hexdigest().encode() != content[:SUM]:
            raise UserError(f"{file}: damaged checkpoint (sha256 differs); delete {self.folder} to start again")
        state = torch.load(io.BytesIO(content[SUM:]), map_location=device, weights_only=True)
        if state["key"] != self.key:
            raise UserError(f"{file}: belongs to another training; delete {self.folder} to start again")
        return state

    def close(self, finished: bool) -> None:
        """Releases the lock; a finished training needs no state."""
        if finished:
            shutil.rmtree(self.folder, ignore_errors=True)
        self._lock.close()

    def _take_token(self) -> None:
        """The next number. Creating a file that must not exist is decided by the file system, for all nodes alike.

        The mark makes it this attempt's own: after a finished training the numbers begin anew.
        """
        self._mark = f"{self.name}, {secrets.token_hex(8)}"
        number = max(self._numbers("token-*"), default=0) + 1
        while True:
            self.folder.mkdir(parents=True, exist_ok=True)
            try:
                with open(self.folder / f"token-{number}", "x") as file:
                    file.write(self._mark)
            except FileExistsError:
                number += 1
            except FileNotFoundError:  # another attempt has finished meanwhile and removed the folder
                continue
            else:
                self.token = number
                return

    def _numbers(self, pattern: str) -> list[int]:
        return [int(path.stem.partition("-")[2]) for path in self.folder.glob(pattern)]


def _text(file: Path) -> str:
    try:
        return file.read_text()
    except FileNotFoundError:
        return ""
