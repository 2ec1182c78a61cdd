"""What the records say of one paper's claims, for its half screen on the front page."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from latentmotion.reporting.claims.findings import DECIDED, Verdict
from latentmotion.reporting.claims.page import SHAPES
from latentmotion.reporting.claims.texts import MARKS, core_first

SHOWN = 4  # decided claims
SURPRISES = 2


@dataclass(frozen=True)
class Told:
    """A claim as the front page tells it.

    Attributes:
        measured: what was measured on the data sets that decide the claim.
        note: what is remarkable about the claim itself.
    """

    id: str
    claim: str
    verdict: str
    mark: str
    shape: str
    measured: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Story:
    """The claims of one paper.

    Attributes:
        tally: (mark, shape, verdict, number of claims) of every verdict that occurs.
        decided: other claims that the records uphold, contradict or both, the core claims first.
        more: how many of those are left out.
        surprises: claims that the records contradict, then claims with which the paper's own numbers do not agree.
    """

    total: int
    tally: tuple[tuple[str, str, str, int], ...]
    decided: tuple[Told, ...]
    more: int
    surprises: tuple[Told, ...]


def story(rows: Sequence[dict[str, str]]) -> Story:
    """The story of the claims of one paper (claims/texts.py). A claim of runs that have not learnt is never decided."""
    ordered = [row for part in core_first(rows, rows[0]["paper"]) for row in part] if rows else []
    decided = [row for row in ordered if row["verdict"] in DECIDED]
    contrary = [row for row in decided if row["verdict"] != Verdict.UPHELD]
    inconsistent = [row for row in ordered if row["paper_consistent"] == "no" and row not in contrary]
    surprises = [*(_told(row) for row in contrary), *(_told(row, note=row["note"]) for row in inconsistent)]
    told = surprises[:SURPRISES]
    decided = [row for row in decided if row["id"] not in {one.id for one in told}]
    counted = ((verdict, sum(row["verdict"] == verdict for row in rows)) for verdict in Verdict)
    return Story(
        total=len(rows),
        tally=tuple((MARKS[v], SHAPES[v], str(v), count) for v, count in counted if count),
        decided=tuple(_told(row) for row in decided[:SHOWN]),
        more=max(len(decided) - SHOWN, 0),
        surprises=tuple(told),
    )


def _told(row: dict[str, str], note: str = "") -> Told:
    verdict = Verdict(row["verdict"])
    return Told(row["id"], row["claim"], str(verdict), MARKS[verdict], SHAPES[verdict], tuple(_measured(row)), note)


def _measured(row: dict[str, str]) -> Iterable[str]:
    """The parts of the column `ours` that are of a data set on which the claim is decided."""
    for part in row["ours"].split(" | "):
        data = part.partition(", ")[0]
        if any(f"{data}: {verdict}" in row["why"] for verdict in DECIDED):
            yield part
