"""What the records say of one paper's claims, for its half screen on the front page."""

from collections.abc import Sequence
from dataclasses import dataclass

from latentmotion.reporting.claims.findings import DECIDED, Verdict
from latentmotion.reporting.claims.page import SHAPES
from latentmotion.reporting.claims.pairs import SATURATED
from latentmotion.reporting.claims.texts import MARKS, core_first

SHOWN = 4  # decided claims
SURPRISES = 2
VALUES = 3  # of a claim that surprises


@dataclass(frozen=True)
class Told:
    """A claim as the front page tells it.

    Attributes:
        measured: what was measured on the data sets that decide the claim; where there is much, its first values.
        note: what is remarkable about the claim itself.
        caution: what a reader should know of the verdict.
    """

    id: str
    claim: str
    verdict: str
    mark: str
    shape: str
    measured: tuple[str, ...] = ()
    note: str = ""
    caution: str = ""


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


def verdict_on(rows: Sequence[dict[str, str]], claim: str, data: str) -> str:
    """The verdict on a claim on one data set, of which the title is given; empty where there is none."""
    return next((_on(data, row["why"]) for row in rows if row["id"] == claim), "")


def _told(row: dict[str, str], note: str = "") -> Told:
    verdict = Verdict(row["verdict"])
    shown = (str(verdict), MARKS[verdict], SHAPES[verdict])
    return Told(row["id"], row["claim"], *shown, tuple(_measured(row)), note, _caution(row))


def _caution(row: dict[str, str]) -> str:
    """The sentence that warns of scores which can go no higher; empty where the verdict does not rest on such.

    It names the data sets that have such scores where the claim is decided on others, too.
    """
    stated = _stated(row["why"])
    saturated = [data for data, text in stated.items() if SATURATED in text]
    if not saturated:
        return ""
    others = any(_verdict(text) in DECIDED for data, text in stated.items() if data not in saturated)
    return f"On {' and '.join(saturated)}, {SATURATED}." if others else f"{SATURATED[0].upper()}{SATURATED[1:]}."


def _measured(row: dict[str, str]) -> list[str]:
    """What `ours` says of the data sets on which the claim is decided: its first parts, and how many more there are."""
    parts = [part for part in row["ours"].split(" | ") if _on(part.partition(", ")[0], row["why"]) in DECIDED]
    return parts if len(parts) <= VALUES else [*parts[:VALUES], f"and {len(parts) - VALUES} more values"]


def _on(data: str, why: str) -> str:
    """The verdict that `why` states on a data set; empty where it states none."""
    return _verdict(_stated(why).get(data, ""))


def _stated(why: str) -> dict[str, str]:
    """What `why` states on each data set: the verdict, with the reasons in brackets."""
    return {data: text for data, _, text in (part.partition(": ") for part in why.split(" | "))}


def _verdict(text: str) -> str:
    return text.partition(" (")[0]
