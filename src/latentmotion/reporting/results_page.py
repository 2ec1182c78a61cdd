"""Writes docs/results.md: for each paper its tables with their footnotes, and its figures as links."""

import os
from pathlib import Path

from latentmotion.config.papers import PAPERS, Paper
from latentmotion.config.params import load
from latentmotion.core.files import write_atomic
from latentmotion.core.records import Report, read_record
from latentmotion.reporting.items import Item, by_paper, items

INTRODUCTION = (
    "This page is generated from the tables and figures in `published/` by `latentmotion results`; do not edit it. "
    "Every table states its scale: `paper` has the sizes of the papers, `quick` has small networks and short "
    "trainings. The [glossary](glossary.md) explains the words, and [fidelity.md](fidelity.md) lists departures from "
    "the papers."
)
KINDS = {".png": "still", ".gif": "film", ".html": "page", ".csv": "csv", ".tex": "LaTeX"}


def build(out: Path, reports: Path, params: Path) -> None:
    """Writes OUT from the reports of the catalogue that exist; those that do not are listed with their command.

    Links are relative to the folder of OUT.
    """
    out, reports = Path(out), Path(reports)
    links = Path(os.path.relpath(reports, out.parent)).as_posix()
    papers = by_paper(items(reports, load(params)))
    parts = ["# Results", INTRODUCTION, "\n".join(f"- [{paper}](#{_anchor(paper)})" for paper in papers)]
    for paper, of_paper in papers.items():
        parts += [f"## {paper}", *([_reference(PAPERS[paper])] if paper in PAPERS else [])]
        parts += [part for item in of_paper if not item.pictures for part in _table(item, reports, links)]
        if figures := [item for item in of_paper if item.pictures]:
            parts += [f"### Figures of {paper}", _figures(figures, reports, links)]
    write_atomic(out, ("\n\n".join(parts) + "\n").encode())


def _reference(paper: Paper) -> str:
    return f"[{paper.authors}, *{paper.title}*, {paper.venue}]({paper.url})."


def _anchor(heading: str) -> str:
    """The anchor that GitHub and GitLab give to a heading of letters, digits, spaces and dashes."""
    return heading.lower().replace(" ", "-")


def _table(item: Item, reports: Path, links: str) -> list[str]:
    """The parts of the page for one table."""
    heading = f"### {item.name}: {item.paper}, {item.number}"
    if not item.made:
        return [heading, f"{item.caption}. {_missing(item)}"]
    text = (reports / f"{item.name}.md").read_text(encoding="utf-8").strip()
    return [heading, text, f"Files: {_links(item, links)}."]


def _figures(figures: list[Item], reports: Path, links: str) -> str:
    """One table of all figures of a paper."""
    lines = ["| figure | shows | scale | files |", "| --- | --- | --- | --- |"]
    for item in figures:
        files = _links(item, links) if item.made else _missing(item)
        lines.append(f"| {item.name}: {item.number} | {item.caption} | {_scale(item, reports)} | {files} |")
    return "\n".join(lines)


def _scale(item: Item, reports: Path) -> str:
    """The scale that a figure's record states; empty where there is no record."""
    record = reports / f"{item.name}.json"
    return read_record(record, Report)["settings"]["scale"] if item.made and record.is_file() else ""


def _links(item: Item, links: str) -> str:
    kinds = {file: KINDS.get(Path(file).suffix) for file in item.files}
    return ", ".join(f"[{kind}]({links}/{file})" for file, kind in kinds.items() if kind)


def _missing(item: Item) -> str:
    return f"Not made yet: `snakemake {item.target}`"
