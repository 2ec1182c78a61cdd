"""What docs/protocols.md says that each protocol measures."""

import re
from collections.abc import Iterator

from support.project import ROOT


def documented() -> Iterator[tuple[set[str], str]]:
    """The protocols and the metrics of each row of its tables, the metrics as a text.

    A row whose first cell is empty has further metrics of the protocols above it.
    """
    page, named = (ROOT / "docs/protocols.md").read_text(encoding="utf-8"), set()
    for protocols, metrics in re.findall(r"^\| (.*?) ?\| (.*?) \|", page, re.MULTILINE):
        named = set(re.findall(r"`([a-z-]+)`", protocols)) or named
        yield named, metrics
