"""The error that is meant to be read by a user."""

import difflib
from collections.abc import Iterable


class UserError(Exception):
    """A message of one line: which file or key, what is wrong with it, what to do.

    The command line prints the message and exits with `code`.
    """

    code = 1


def nearest(name: str, known: Iterable[str]) -> str:
    """The part of a message that offers the nearest known name, or lists them all when none is near."""
    known = sorted(known)
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"did you mean '{close[0]}'?" if close else f"known: {', '.join(known)}"
