"""The resumable state of one training: written whole or not at all, and verified by its sha256.

It is stored in `state/<key>/`, where the key is a hash of everything that decides the result (settings, data, code,
seed), so that a training with a changed hyper-parameter cannot resume the state of another. The folder is an output of
neither Snakemake nor DVC, and so neither deletes it.

A cluster may start a training again while its first process is still running on another node, where a lock of the file
system does not reach it. Therefore each attempt takes a token, a number greater than all earlier ones, and writes
checkpoints under a name with this number. An older attempt notices the newer token, stops, and cannot overwrite the
files of the newer one. Clocks and file times are not used.

The checkpoint before the last one is kept, and used where the last one is damaged.
"""

import contextlib
import fcntl
import hashlib
import io
import os
import secrets
import shutil
import socket
import sys
from pathlib import Path

import torch

from latentmotion.core.errors import UserError
from latentmotion.core.files import unwritable, write_atomic

DIGEST_LENGTH = 64  # of the hexadecimal sha256 at the beginning of a checkpoint


class Checkpoint:
    """One folder under `state`, which belongs to one process at a time, from `open` to `close`."""

    def __init__(self, state: Path, key: str):
        self.key = key
        self.folder = Path(state) / key[:32]
        self.token = 0  # until `open`

    @property
    def file(self) -> Path:
        """The file to which this attempt saves."""
        return self.folder / f"checkpoint-{self.token}.pt"

    @property
    def _before(self) -> Path:
        """The checkpoint before the last one."""
        return self.folder / f"before-checkpoint-{self.token}.pt"

    def open(self, out: Path) -> None:
        """Takes the lock of the folder and a token. The lock of a process ends with the process.

        Raises UserError where another process holds the lock; the message names it.
        """
        self.out = out
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock = open(self.folder / "lock", "a+", encoding="utf-8")  # noqa: SIM115 - held until close()
        except OSError as error:
            raise unwritable(self.folder, error) from None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.seek(0)
            holder = self._lock.read().strip() or "another process"
            raise UserError(f"{out}: is being trained by {holder}; wait for it or stop it") from None
        self.name = f"process {os.getpid()} on {socket.gethostname()}"
        try:
            self._lock.truncate(0)
            self._lock.write(self.name)
            self._lock.flush()
            for left in self.folder.glob(".*checkpoint-*"):  # temporary files of attempts that were killed
                left.unlink(missing_ok=True)
            self._take_token()
        except OSError as error:
            raise unwritable(self.folder, error) from None

    def check(self) -> None:
        """Raises UserError where another attempt has begun since this one, which then must not write any more.

        The message names the other attempt. If that has finished, what this one has saved since is removed.
        """
        if self.token == 0:
            return
        newest = max(self._numbers("token-*"), default=0)
        if newest == self.token and _text(self.folder / f"token-{newest}") == self._mark:
            return
        holder = _text(self.folder / f"token-{newest}").partition(",")[0]
        if not holder:
            holder = "an attempt that has finished"  # and that needs nothing of what this one has just saved
            with contextlib.suppress(OSError):
                self.file.unlink(missing_ok=True)
                self._before.unlink(missing_ok=True)
                self.folder.rmdir()
        raise UserError(f"{self.out}: taken over by {holder}; this attempt ({self.name}) stops and writes nothing")

    def save(self, content: dict) -> None:
        """Saves the state and deletes the checkpoints of earlier attempts. Raises UserError as `check` does."""
        buffer = io.BytesIO()
        torch.save({"key": self.key, **content}, buffer)
        body = buffer.getvalue()
        self.check()
        try:
            if self.file.exists():
                os.replace(self.file, self._before)
            write_atomic(self.file, hashlib.sha256(body).hexdigest().encode() + body)
        except UserError:
            self.check()  # the folder is gone where a newer attempt has finished since the first check
            raise
        except OSError as error:
            self.check()
            raise unwritable(self._before, error) from None
        self.check()
        if self._before.exists():
            for file, token in self._saved():
                if token < self.token:
                    file.unlink(missing_ok=True)

    def load(self, device: torch.device) -> dict | None:
        """The newest state that is not damaged; None where none was saved.

        Raises UserError where all are damaged, and for the state of another training.
        """
        damaged = None
        for file, _ in self._saved():
            content = file.read_bytes()
            if hashlib.sha256(content[DIGEST_LENGTH:]).hexdigest().encode() != content[:DIGEST_LENGTH]:
                damaged = damaged or file
                print(f"{file}: damaged checkpoint (sha256 differs), it is left out", file=sys.stderr)
                continue
            try:
                state = torch.load(io.BytesIO(content[DIGEST_LENGTH:]), map_location=device, weights_only=True)
            except Exception as error:  # torch raises errors of many types for a file that somebody has made up
                reason = f"{type(error).__name__}; it was not written by this program"
                raise UserError(f"{file}: no checkpoint ({reason}); delete {self.folder} to start again") from None
            if not isinstance(state, dict) or state.get("key") != self.key:
                raise UserError(f"{file}: belongs to another training; delete {self.folder} to start again")
            return state
        if damaged:
            raise UserError(f"{damaged}: damaged checkpoint (sha256 differs); delete {self.folder} to start again")
        return None

    def close(self, finished: bool) -> None:
        """Releases the lock. The state of a finished training is deleted."""
        if finished:
            shutil.rmtree(self.folder, ignore_errors=True)
        self._lock.close()

    def _take_token(self) -> None:
        """Takes the next free number by creating its file, which must not exist: this is atomic across all nodes.

        The file holds a random mark of this attempt, because the numbers start at 1 again after a finished training.
        """
        self._mark = f"{self.name}, {secrets.token_hex(8)}"
        number = max(self._numbers("token-*"), default=0) + 1
        while True:
            self.folder.mkdir(parents=True, exist_ok=True)
            try:
                with open(self.folder / f"token-{number}", "x", encoding="utf-8") as file:
                    file.write(self._mark)
            except FileExistsError:
                number += 1
            except FileNotFoundError:  # another attempt has finished meanwhile and removed the folder
                continue
            else:
                self.token = number
                return

    def _saved(self) -> list[tuple[Path, int]]:
        """The checkpoints, each with the token of its attempt; the newest comes first."""
        found = [
            (file, int(file.stem.rpartition("-")[2]))
            for pattern in ("checkpoint-*.pt", "before-checkpoint-*.pt")
            for file in self.folder.glob(pattern)
        ]
        return sorted(found, key=lambda item: -item[1])  # a stable sort: of one token, the last comes first

    def _numbers(self, pattern: str) -> list[int]:
        return [int(path.stem.partition("-")[2]) for path in self.folder.glob(pattern)]


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
