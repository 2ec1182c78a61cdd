"""The error that is meant to be read by a user."""

import difflib
import re
from collections.abc import Iterable


class UserError(Exception):
    """A message of one line: which file or key, what is wrong with it, what to do.

    The command line prints the message and exits with `code`. Passwords in addresses are left out, because messages end
    in logs.
    """

    code = 1

    def __init__(self, message: str):
        super().__init__(without_passwords(message))


def without_passwords(text: str) -> str:
    """A text in which every address, such as https://user:password@host, has lost its user and its password."""
    return re.sub(r"(?<=://)[^/?#\s'\"]*@", "", text)


def nearest(name: str, known: Iterable[str]) -> str:
    """The part of a message that offers the nearest known name, or lists them all when none is near."""
    known = sorted(map(str, known))
    close = difflib.get_close_matches(str(name), known, n=1, cutoff=0.5)
    return f"did you mean '{close[0]}'?" if close else f"known: {', '.join(known)}"
