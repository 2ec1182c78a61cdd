"""Reads data/claims.csv: the claims of the papers and, in columns of their own, the rule that decides each of them.

docs/claims.md describes every column. A cell may hold a list, whose items are separated by "; ". The lists `protocol`,
`direction` and `margin` have one item for each item of `metric`, or one item for all of them.
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from latentmotion.core.errors import UserError, nearest
from latentmotion.core.source_code import modules
from latentmotion.reporting.claims.measures import Condition, Measure, check_bound, check_expression

COLUMNS = (
    *("id", "paper", "where", "claim", "rank", "kind", "better", "than", "pairs", "datasets"),
    *("protocol", "metric", "direction", "margin", "margin_than", "seeds", "looks", "correction"),
    *("agreeing", "preconditions", "unchecked", "obstacle", "reports"),
    *("evidence_in_paper", "paper_consistent", "note"),
)
PAIRED = ("superiority", "equivalence", "non_inferiority")  # the kinds that compare models seed by seed
SIDES = ("each", "better", "than")
WORDS = {"pairs": ("", "all", "in order"), "correction": ("", "holm"), "direction": ("higher", "lower")}
HALFWAY, REAL_DATA_ONLY = "halfway", "real data"


@dataclass(frozen=True)
class Part:
    """One measure of a claim with the side on which the claim expects the better models, and its margin or bound.

    The margin of a paired kind is a number, or a share such as "20 %", which makes the effect a ratio. Other kinds have
    a bound (measures.py).
    """

    measure: Measure
    higher: bool
    margin: str
    margin_than: str

    def by_seed(self, runs: Mapping[int, dict], seeds: Iterable[int]) -> dict[int, float]:
        """Seed -> value, for the seeds whose record has it."""
        found = {seed: self.measure.of(runs[seed]) for seed in seeds}
        return {seed: value for seed, value in found.items() if value is not None}

    @property
    def is_ratio(self) -> bool:
        return self.margin.endswith("%")

    @property
    def size(self) -> float:
        """The margin of a paired kind as a number; of a ratio as a share."""
        return float(self.margin.removesuffix("%")) / (100 if self.is_ratio else 1)


@dataclass(frozen=True)
class Claim:
    """A claim of a paper. `text` has the columns as they are written; the other fields are read from them."""

    text: dict[str, str]
    parts: tuple[Part, ...]
    agreeing: tuple[Part, ...]
    conditions: tuple[tuple[str, Condition], ...]  # the side whose runs must meet it: each, better or than
    better: tuple[str, ...]
    than: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]
    datasets: tuple[str, ...]
    seeds: int
    looks: dict[str, int]  # data set -> how many times its p-values were looked at, where more than once
    holm: bool  # whether the p-values of all comparisons on one data set are adjusted together
    halfway: bool  # the better model must be at least halfway from chance to the judge
    real_data_only: bool
    reports: tuple[str, ...]

    @property
    def id(self) -> str:
        return self.text["id"]

    @property
    def kind(self) -> str:
        return self.text["kind"]

    def fitting(self, real: dict | None) -> list[Part]:
        """The measures whose labels a data set has, by the record of its real data."""
        return [part for part in self.parts if part.measure.fits(real)]


def read_claims(path: Path) -> list[Claim]:
    """All claims in the order of the file.

    Raises UserError for a file that is missing, has other columns or repeats an id, and for a cell that cannot be read.
    """
    path = Path(path)
    if not path.is_file():
        raise UserError(f"{path}: no claims there; restore it with 'git checkout {path}'")
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        if tuple(rows.fieldnames or ()) != COLUMNS:
            raise UserError(f"{path}: its columns must be {','.join(COLUMNS)}; correct the first line")
        lines = list(rows)
    found: dict[str, Claim] = {}
    for line in lines:
        if line["id"] in found:
            raise UserError(f"{path}: the claim {line['id']} is there twice; remove one")
        try:
            found[line["id"]] = read_claim(line)
        except UserError as error:
            raise UserError(f"{path}: claim {line['id']}: {error}") from None
    return list(found.values())


def read_claim(line: dict[str, str]) -> Claim:
    """One line of the file. Raises UserError for a cell that cannot be read."""
    kinds = modules("reporting/claims/rules")
    if line["kind"] not in kinds:
        raise UserError(f"kind '{line['kind']}' has no rule; {nearest(line['kind'], kinds)}")
    for column in ("pairs", "correction"):
        if line[column] not in WORDS[column]:
            raise UserError(f"{column} '{line[column]}' must be one of {', '.join(filter(None, WORDS[column]))}")
    if not line["seeds"].isdigit():
        raise UserError(f"seeds '{line['seeds']}' must be a whole number")
    for column in ("agreeing", "looks"):
        if line[column] and line["kind"] != "superiority":
            raise UserError(f"{column} belongs to claims of superiority only; leave it empty")
    better, than = items(line["better"]), items(line["than"])
    wanted = items(line["preconditions"])
    return Claim(
        text=line,
        parts=_parts(line),
        agreeing=tuple(_agreeing(text) for text in items(line["agreeing"])),
        conditions=tuple(_condition(text) for text in wanted if text not in (HALFWAY, REAL_DATA_ONLY)),
        better=better,
        than=than,
        pairs=_pairs(line, better, than),
        datasets=items(line["datasets"]),
        seeds=int(line["seeds"]),
        looks=_looks(line),
        holm=line["correction"] == "holm",
        halfway=HALFWAY in wanted,
        real_data_only=REAL_DATA_ONLY in wanted,
        reports=items(line["reports"]),
    )


def items(cell: str) -> tuple[str, ...]:
    """The items of a list in a cell."""
    return tuple(item.strip() for item in cell.split(";") if item.strip())


def _parts(line: dict[str, str]) -> tuple[Part, ...]:
    metrics = items(line["metric"])
    columns = [_for_each(line, column, len(metrics)) for column in ("protocol", "direction", "margin", "margin_than")]
    if not metrics:
        raise UserError("metric is empty; name what decides the claim")
    found = []
    for metric, protocol, direction, margin, margin_than in zip(metrics, *columns, strict=True):
        if direction not in WORDS["direction"]:
            raise UserError(f"direction '{direction}' must be higher or lower")
        check_expression(metric)
        part = Part(Measure(tuple(protocol.split(" | ")), metric), direction == "higher", margin, margin_than)
        if line["kind"] in PAIRED:
            _check_margin(margin)
        else:
            check_bound(margin)
        found.append(part)
    return tuple(found)


def _looks(line: dict[str, str]) -> dict[str, int]:
    """Reads items such as `pendulum 2`."""
    found = {}
    for item in items(line["looks"]):
        dataset, _, count = item.rpartition(" ")
        if dataset not in items(line["datasets"]) or not count.isdigit() or int(count) < 2:
            raise UserError(f"looks '{item}' must be a data set of the claim and a number above 1, such as 'sprites 2'")
        found[dataset] = int(count)
    return found


def _check_margin(margin: str) -> None:
    try:
        float(margin.removesuffix("%"))
    except ValueError:
        raise UserError(f"margin '{margin}' must be a number, or a share such as '20 %'") from None


def _for_each(line: dict[str, str], column: str, count: int) -> list[str]:
    """The items of a column, one for each metric."""
    found = items(line[column]) or ("",)
    if len(found) not in (1, count):
        raise UserError(f"{column} has {len(found)} items, metric has {count}; give as many, or one for all")
    return list(found) * (count if len(found) == 1 else 1)


def _agreeing(text: str) -> Part:
    """Reads `protocol/expression higher` or `... lower`."""
    body, _, direction = text.rpartition(" ")
    protocol, stroke, expression = body.partition("/")
    if direction not in WORDS["direction"] or not stroke:
        raise UserError(f"agreeing '{text}' must be 'protocol/metric higher' or 'protocol/metric lower'")
    check_expression(expression)
    return Part(Measure(tuple(protocol.split(" | ")), expression), direction == "higher", "0", "")


def _condition(text: str) -> tuple[str, Condition]:
    side, colon, rest = text.partition(": ")
    if colon and side not in SIDES:
        raise UserError(f"precondition '{text}': '{side}' must be {', '.join(SIDES)}")
    return (side, Condition.parse(rest)) if colon else ("each", Condition.parse(text))


def _pairs(line: dict[str, str], better: tuple[str, ...], than: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    if line["kind"] not in PAIRED:
        return ()
    if line["pairs"] != "in order":
        return tuple(product(better, than))
    if len(better) != len(than):
        raise UserError(f"pairs in order need as many models in better ({len(better)}) as in than ({len(than)})")
    return tuple(zip(better, than, strict=True))
