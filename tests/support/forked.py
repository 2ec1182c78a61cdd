"""A verb in a child of this process, which has loaded torch already. A new process would load it for a second."""

import io
import os
import sys
import traceback
from collections.abc import Callable, Sequence

from latentmotion.cli import app


class Child:
    """Starts `latentmotion WORDS`.

    Arguments:
        before: is called in the child before the verb begins.
        after: is called in the child after the verb has ended.
    """

    def __init__(
        self, words: Sequence[str], before: Callable[[], None] = lambda: None, after: Callable[[], None] = lambda: None
    ):
        self._errors, stderr = os.pipe()  # not a file, which could not grow on a full disk either
        self.process = os.fork()
        if not self.process:
            code = 1
            try:
                os.dup2(stderr, 2)
                os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
                sys.stderr = io.TextIOWrapper(os.fdopen(2, "wb", closefd=False), line_buffering=True)
                before()
                code = _called(words)
                after()
            finally:
                os._exit(code)
        os.close(stderr)

    def end(self) -> tuple[int, list[str]]:
        """Waits for the end of the child, and returns its exit code and its lines on stderr."""
        with os.fdopen(self._errors, encoding="utf-8") as file:
            lines = file.read().splitlines()
        return os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1]), lines


def _called(words: Sequence[str]) -> int:
    try:
        return app(list(words), standalone_mode=False) or 0  # the code with which the verb has ended
    except SystemExit as end:
        return end.code
    except BaseException:
        traceback.print_exc()
        return 99
