"""The progress of a long loop: a bar on a terminal, and a line every LOG_SECONDS in a log file."""

import os
import sys
import time

from tqdm import tqdm

LOG_SECONDS = 20


class _Lines:
    """Has the methods of a tqdm bar that are used here, and prints plain lines to stderr."""

    def __init__(self, title: str, total: int, done: int):
        self.title, self.total, self.n, self.postfix = title, total, done, ""
        self.start = self.last = time.monotonic()
        self.first = done

    def __enter__(self):
        self._print()
        return self

    def __exit__(self, *_):
        self._print()

    def update(self, n: int = 1) -> None:
        self.n += n
        if time.monotonic() - self.last > LOG_SECONDS:
            self._print()

    def set_postfix(self, values: dict, refresh: bool = True) -> None:
        self.postfix = ", ".join(f"{name} {value}" for name, value in values.items())

    def _print(self) -> None:
        self.last = time.monotonic()
        rate = (self.n - self.first) / max(self.last - self.start, 1e-9)
        print(f"{self.title}: {self.n}/{self.total}, {rate:.2f}/s {self.postfix}".rstrip(), file=sys.stderr, flush=True)


def progress(title: str, total: int, done: int = 0):
    """A context manager with `update` and `set_postfix`; only the first process of a training prints anything.

    Arguments:
        total: the number of steps. `done`: how many of them were done before, by an earlier attempt.
    """
    if os.environ.get("RANK", "0") != "0":
        return tqdm(total=total, disable=True)
    if sys.stderr.isatty():
        return tqdm(total=total, initial=done, desc=title, unit="step", mininterval=0.5)
    return _Lines(title, total, done)
