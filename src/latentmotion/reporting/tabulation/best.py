"""The best value of each column of a block, and the values that its training seeds do not tell from it.

A column has a best value where its title, or else that of the block, states the direction with ↑ or ↓. Only models are
compared, which are the rows whose numbers state how many training seeds they are of. A number of a run that has not
learnt takes no part.
"""

import math
import re
from dataclasses import dataclass

import pandas as pd
from scipy.stats import t as student

from latentmotion.reporting.titles import MARK

LEVEL = 0.05
HIGHER, LOWER = "↑", "↓"
BEST, NOISE = "best", "≈"  # the best value, and one that may differ from it by chance
_NUMBER = r"[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?"
_CELL = re.compile(rf"({_NUMBER})(?: ± ({_NUMBER}))? \((\d+)(?: of \d+)?\)(.*)")


@dataclass(frozen=True)
class Score:
    """The mean and the standard deviation of a score over training seeds. `digit` is one unit of its last digit."""

    mean: float
    deviation: float
    seeds: int
    digit: float = 0.0

    @property
    def variance(self) -> float:
        """The variance of a single seed; the deviation that rounding to `digit` adds, digit / √12, is in it."""
        return self.deviation**2 + self.digit**2 / 12


def score(cell: str) -> Score | None:
    """A cell such as "0.931 ± 0.012 (3)" as a score; None for one of no training seeds and for a marked one."""
    found = _CELL.fullmatch(cell)
    if not found or MARK in found[4]:
        return None
    mean, deviation, seeds = found[1], found[2], int(found[3])
    decimals, _, exponent = mean.partition("e")
    digit = 10.0 ** (int(exponent or 0) - len(decimals.partition(".")[2]))
    return Score(float(mean), float(deviation or 0), seeds, digit)


def p_value(a: Score, b: Score) -> float | None:
    """The two-sided p of Welch's t-test that both means are equal; None where one of them is of a single seed.

    t = (mean_a - mean_b) / sqrt(v_a + v_b) with v = variance / seeds, and (v_a + v_b)² / Σ v² / (seeds - 1) degrees of
    freedom.
    """
    if min(a.seeds, b.seeds) < 2:
        return None
    of_a, of_b = a.variance / a.seeds, b.variance / b.seeds
    error = of_a + of_b
    if error == 0:
        return 1.0 if a.mean == b.mean else 0.0
    freedom = error**2 / (of_a**2 / (a.seeds - 1) + of_b**2 / (b.seeds - 1))
    return float(2 * student.sf(abs(a.mean - b.mean) / math.sqrt(error), freedom))


@dataclass(frozen=True)
class Marked:
    """The marks of a block: (row, column) -> BEST or NOISE. `unknown`: some comparison is of a single seed."""

    cells: dict[tuple[int, int], str]
    unknown: bool

    @property
    def key(self) -> str:
        """What the marks mean, in sentences; empty where nothing is marked."""
        if not self.cells:
            return ""
        parts = ["The best value of the models on a data set is in bold."]
        if NOISE in self.cells.values():
            parts.append(
                f"{NOISE} marks a value within noise of the best: Welch's t-test over the training seeds does not tell "
                f"them apart (p ≥ {LEVEL})."
            )
        if self.unknown:
            parts.append("Where one of two models has a single seed, the noise is not known: the order may be chance.")
        return " ".join(parts)


def marked(block: pd.DataFrame, heading: str = "") -> Marked:
    """The marks of a block (pivot.py) under a title."""
    cells: dict[tuple[int, int], str] = {}
    unknown = False
    data = [name for name, _ in block.index]
    for column, (title, kind) in enumerate(block.columns):
        sign = _sign(title) or _sign(heading)
        if kind != "ours" or not sign:
            continue
        for name in dict.fromkeys(data):
            rows = [row for row, other in enumerate(data) if other == name]
            found = {row: one for row in rows if (one := score(block.iat[row, column]))}
            if len(found) < 2:
                continue
            top = max(found, key=lambda row: sign * found[row].mean)
            cells[top, column] = BEST
            for row in found.keys() - {top}:
                p = p_value(found[top], found[row])
                if found[row].mean == found[top].mean:
                    cells[row, column] = BEST
                elif p is None:
                    unknown = True
                elif p >= LEVEL:
                    cells[row, column] = NOISE
    return Marked(cells, unknown)


def _sign(title: str) -> int:
    """1 where higher numbers are better, -1 where lower ones are, and 0 where the title does not say."""
    return (HIGHER in title) - (LOWER in title)
