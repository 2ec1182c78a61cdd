"""Writes two overviews of reports: index.html, the front page of all results, and README.md, a list for code hosts.

The front page shows the best film, three numbers, the verdicts on the claims, and a section for each paper: what it
claims, what was found, what surprised, its tables, and its figures. Numbers come from the csv files of the tables and
from the record of the claims.
"""

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

from markupsafe import Markup

from latentmotion.config.catalogue import REAL
from latentmotion.config.papers import HERO, PAPERS
from latentmotion.config.params import load
from latentmotion.config.schema import Params
from latentmotion.config.settings import report_titles
from latentmotion.core.files import write_atomic
from latentmotion.core.records import read_record
from latentmotion.reporting.claims.page import overview
from latentmotion.reporting.headline_numbers import Stated, stated, top
from latentmotion.reporting.html import fill, page
from latentmotion.reporting.index_template import CONTENTS, INDEX
from latentmotion.reporting.items import Item, by_paper, items
from latentmotion.reporting.paper_story import story, verdict_on
from latentmotion.reporting.titles import Titles
from latentmotion.reporting.version import version

TITLE = "latentmotion: results"
NUMBERS = 3  # how many numbers stand on top, and at most in the section of a paper
OPEN = 2  # a table with more parts than these shows the first one, and the others folded
_PART = re.compile(r'<section class="part">.*?</section>', re.S)
_NOTES = re.compile(r'<ul class="notes">.*?</ul>', re.S)


def build(out: Path, params: Path) -> None:
    """Writes OUT/index.html and OUT/README.md. Links are relative and nothing is loaded, so that both work offline."""
    out, loaded = Path(out), load(params)
    found = items(out, loaded)
    write_atomic(out / "index.html", _index(out, loaded, by_paper(found)).encode())
    write_atomic(out / "README.md", _listing(found).encode())


def _index(out: Path, params: Params, papers: dict[str, list[Item]]) -> str:
    record = out / "claims.json"
    claims = read_record(record) if record.is_file() else {"claims": []}
    numbers = _numbers(out, params, partial(verdict_on, claims["claims"]))
    films = {item.name: item for of_paper in papers.values() for item in of_paper if item.pictures and item.made}
    sections = [
        {
            "name": paper,
            "anchor": _anchor(paper),
            "reference": PAPERS.get(paper),
            "film": films.get(PAPERS[paper].film) if paper in PAPERS else None,
            "numbers": [one for one in numbers if one.paper == paper][:NUMBERS],
            "story": story([row for row in claims["claims"] if row["paper"] == paper]),
            "tables": [(item, *_table(item)) for item in of_paper if not item.pictures],
            "figures": [item for item in of_paper if item.pictures],
        }
        for paper, of_paper in papers.items()
    ]
    body = fill(
        INDEX,
        papers=sections,
        hero=films.get(HERO),
        numbers=top(numbers, NUMBERS),
        total=len(claims["claims"]),
        counts=Markup(overview(claims["claims"], claims["settings"]["scale"])) if claims["claims"] else "",
        reports=sum(item.made for of_paper in papers.values() for item in of_paper),
        version=version(),
    )
    return page(TITLE, body, fill(CONTENTS, papers=sections))


def _anchor(paper: str) -> str:
    return f"paper-{paper.lower()}"


def _numbers(out: Path, params: Params, verdict: Callable[[str, str], str]) -> list[Stated]:
    titles = Titles.of({"titles": report_titles(params, params.models, params.datasets)})

    def datasets(name: str) -> list[str]:
        return list(dict.fromkeys([titles.dataset(name), titles.dataset(f"{name}-drawn")]))

    return stated(out, lambda name: name if name == REAL else titles.model(name), datasets, verdict)


def _table(item: Item) -> tuple[list[Markup], list[Markup], Markup]:
    """The parts of a table that are shown, the folded ones, and the notes, all from the table's own page.

    All are empty for a table that is not made, or whose page is from before its parts were marked.
    """
    if not item.made:
        return [], [], Markup()
    text = (item.folder / f"{item.name}.html").read_text(encoding="utf-8")
    parts = [Markup(part.replace("<h2>", "<h5>").replace("</h2>", "</h5>")) for part in _PART.findall(text)]
    notes = _NOTES.search(text)
    shown = parts if len(parts) <= OPEN else parts[:1]
    return shown, parts[len(shown) :], Markup(notes[0] if parts and notes else "")


def _listing(found: list[Item]) -> str:
    lines = ["| target | number in the paper | caption | made |", "| --- | --- | --- | --- |"]
    for item in found:
        made = (
            ", ".join(f"[{Path(file).suffix.removeprefix('.')}]({file})" for file in item.files) if item.made else "no"
        )
        lines.append(f"| `{item.target}` | {item.paper}, {item.number} | {item.caption} | {made} |")
    text = "\n".join(
        [
            "# Reports",
            "",
            "`snakemake <target>` makes a report. [index.html](index.html) shows all of them, and "
            "[claims.md](claims.md) has the verdicts on the claims of the papers (`snakemake claims`).",
            "",
        ]
    )
    return text + "\n" + "\n".join(lines) + "\n"
