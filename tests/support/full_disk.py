"""A disk that is full from one moment on: runs a verb in a process of its own in which writing fails from then on."""

import errno
import os
import resource
import sys
from collections.abc import Sequence
from pathlib import Path

from support.forked import Child

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def run(words: Sequence[str], root: Path, fails_at: int | None = None, largest: int | None = None) -> tuple:
    """Runs `latentmotion WORDS` and returns its exit code, its lines on stderr, and how often it began to write.

    Opening a file to write, making a folder, renaming and fsync count as writing, where they concern a path below
    `root`.

    Arguments:
        fails_at: the number of the first of these that fails, as all later ones do; None where none fails.
        largest: no file can become larger than so many bytes; None for no limit. This also stops a library that is
            written in C, such as SQLite.
    """
    reading, writing = os.pipe()
    counter = []

    def arm() -> None:
        counter.append(_fail(root, fails_at))
        if largest is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))

    child = Child(words, arm, lambda: os.write(writing, str(counter[0][0]).encode()))
    os.close(writing)
    code, lines = child.end()
    with os.fdopen(reading) as file:
        count = int(file.read() or -1)
    return code, lines, count


def _fail(root: Path, fails_at: int | None) -> list[int]:
    """Counts every beginning of writing in this process for good, and lets them fail from one number on."""
    counter, prefix, fsync = [0], str(root), os.fsync

    def step() -> None:
        counter[0] += 1
        if fails_at is not None and counter[0] >= fails_at:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def hook(event: str, arguments: tuple) -> None:
        path = os.fspath(arguments[0]) if arguments and isinstance(arguments[0], str | os.PathLike) else ""
        if event == "open":
            flags = arguments[2] if len(arguments) > 2 and isinstance(arguments[2], int) else 0
            if not flags & WRITES:
                return
        elif event not in ("os.mkdir", "os.rename"):
            return
        if os.path.abspath(path).startswith(prefix):
            step()

    def checked(descriptor: int) -> None:
        step()
        fsync(descriptor)

    sys.addaudithook(hook)
    os.fsync = checked
    return counter
