"""The headlines of the front page with their numbers, read from the long form of tables (tabulation/aggregate.py).

A number of a run that has not learnt is left out. Whether a difference is more than noise is computed from the
deviations over training seeds.
"""

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from latentmotion.reporting.headlines import HEADLINES, Headline
from latentmotion.reporting.tabulation.best import LEVEL, Score, p_value
from latentmotion.reporting.tabulation.learnt import listed

SMALLEST_P = 0.001  # a smaller p-value is not printed
LEARNT = "yes"  # in the column `learnt` of a csv file

Line = Mapping[str, str]


@dataclass(frozen=True)
class Stated:
    """A headline with its numbers as texts.

    Attributes:
        spread: the deviation over the training seeds, and how many they are.
        compared: sentences on what else was measured or printed.
    """

    paper: str
    table: str
    number: str
    spread: str
    text: str
    compared: str
    data: str
    rival: bool


def stated(
    folder: Path,
    titles: Callable[[str], str],
    datasets: Callable[[str], Sequence[str]],
    verdict: Callable[[str, str], str],
) -> list[Stated]:
    """The headlines whose tables exist in `folder` and whose runs have learnt.

    Arguments:
        titles: the title of a model; other names are titles of rows already.
        datasets: the titles under which a table may have a data set, that of the real data first.
        verdict: id of a claim and title of a data set -> the verdict on these data; empty where there is none.
    """
    tables: dict[str, list[Line]] = {}
    found = []
    for headline in HEADLINES:
        file = folder / f"{headline.table}.csv"
        if headline.table not in tables:
            tables[headline.table] = _read(file) if file.is_file() else []
        for data in datasets(headline.dataset):
            here = [line for line in tables[headline.table] if line.get("dataset") == data]
            line = _line(here, headline.cell, titles)
            if line and line.get("learnt") == LEARNT:
                found.append(_state(headline, line, here, titles, data, verdict(headline.claim, data)))
                break
    return found


def top(found: Sequence[Stated], count: int) -> list[Stated]:
    """The first headline of each paper, then the second ones, and so on, up to `count`; those of rivals come last."""
    turns: dict[str, int] = {}
    ranked = []
    for one in found:
        turns[one.paper] = turns.get(one.paper, 0) + 1
        ranked.append(((one.rival, turns[one.paper]), one))
    return [one for _, one in sorted(ranked, key=lambda pair: pair[0])][:count]


def _read(file: Path) -> list[Line]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _line(lines: Sequence[Line], cell: tuple[str, str, str], titles: Callable[[str], str]) -> Line | None:
    """The line of a cell that has a number of ours."""
    row, protocol, metric = titles(cell[0]), *cell[1:]
    for line in lines:
        named = line["metric"] == metric or line["metric"].startswith(f"{metric}:")
        if named and line["row"] == row and line["protocol"] == protocol and line["mean"]:
            return line
    return None


def _score(line: Line) -> Score:
    return Score(float(line["mean"]), float(line["std"] or 0), int(line["seeds"] or 0))


def _state(
    headline: Headline, line: Line, lines: Sequence[Line], titles: Callable[[str], str], data: str, verdict: str
) -> Stated:
    form, score = headline.form, _score(line)
    seeds = f"{score.seeds} training seed" + ("s" if score.seeds > 1 else "")
    spread = f"± {form.deviation(score.deviation)}, {seeds}" if line["std"] else seeds
    sentences = []
    if line.get("published"):
        sentences.append(f"The paper prints {form(float(line['published']))}.")
    row, protocol, metric = headline.cell
    if test := _line(lines, (row, protocol, f"{metric}_t"), titles):
        p = float(test["mean"])
        noise = ", which is within noise" if p >= LEVEL else ""
        sentences.append(f"Student's paired t-test over the seeds: p = {p:.2g}{noise}.")
    other = _line(lines, headline.against, titles) if headline.against else None
    if other:
        sentences += [_compared(headline, score, other, verdict), *_unequally_trained(line, other)]
    data = f"Data: {data}; scale {line['scale']}; "
    return Stated(
        headline.paper,
        headline.table,
        form(score.mean),
        spread,
        headline.text,
        " ".join(sentences),
        data,
        headline.rival,
    )


def _compared(headline: Headline, score: Score, other: Line, verdict: str) -> str:
    """Sentences on the number of the other row, and on whether the noise of the seeds explains the difference.

    A verdict on a claim rests on a paired test, which can end otherwise than a test of two means. Only one is stated.
    """
    theirs, row = _score(other), other["row"]
    number = f"{row[:1].upper()}{row[1:]}: {headline.form(theirs.mean)}"
    if not theirs.seeds:
        return f"{number}."
    if other.get("learnt") != LEARNT:
        return f"{number}, which decides nothing, since that run has not learnt (‡)."
    if verdict:
        return f"{number}. On these data, the claim on this difference ({headline.claim}) is {verdict}."
    p = p_value(score, theirs)
    if p is None:
        return f"{number}; with one seed the noise is not known."
    tested = f"Welch's t-test over the seeds: p {f'= {p:.2g}' if p >= SMALLEST_P else f'< {SMALLEST_P}'}"
    if p >= LEVEL:
        return f"{number}; the difference is within noise ({tested})."
    return f"{number}, which is {'worse' if (score.mean > theirs.mean) == headline.higher else 'better'} ({tested})."


def _unequally_trained(line: Line, other: Line) -> list[str]:
    """A sentence on how many sequences the trainings of two rows saw, where they are known and differ."""
    seen, theirs = line.get("seen"), other.get("seen")
    if not seen or not theirs or seen == theirs:
        return []
    ours, others = (listed([f"{int(number):,}" for number in text.split("; ")]) for text in (seen, theirs))
    return [f"{line['row']} saw {ours} sequences in training, {other['row']} {others}."]
