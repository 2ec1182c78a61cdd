"""Pivots the long form to blocks, which have the shape of the paper's table.

A block is a frame of texts. Its rows are (data, system) and its columns (metric, "ours" or "published"). formats.py
writes blocks as Markdown and LaTeX, html.py as a page.
"""

from collections.abc import Iterable, Mapping

import pandas as pd

from latentmotion.reporting.tabulation.aggregate import cell_text

Columns = Mapping[tuple[str, str], tuple[str, str]]  # (protocol, metric) -> title of the column, format of its numbers


def block(long: pd.DataFrame, columns: Columns) -> pd.DataFrame:
    """The block of those lines of the long form that belong to some columns; several protocols may share a column.

    A printed deviation, which is the metric `<metric>_std`, is written behind the printed number.
    """
    deviations = {
        (line.dataset, line.row, line.protocol, line.metric.removesuffix("_std")): line.published
        for line in long.itertuples()
        if line.metric.endswith("_std") and not pd.isna(line.published)
    }
    here = long[[key in columns for key in zip(long.protocol, long.metric, strict=True)]]
    rows: dict[tuple[str, str], dict] = {}
    for line in here.itertuples():
        title, form = columns[line.protocol, line.metric]
        row = rows.setdefault((heading(line, here), line.row), {})
        row[title, "ours"] = cell_text(line, form)
        if not pd.isna(line.published):
            deviation = deviations.get((line.dataset, line.row, line.protocol, line.metric))
            row[title, "published"] = f"{line.published} ± {deviation}" if deviation else line.published
    return as_block(rows, dict.fromkeys(title for title, _ in columns.values()))


def as_block(rows: Mapping[tuple[str, str], Mapping], titles: Iterable[str]) -> pd.DataFrame:
    """Texts by (data, system) and (title, kind) as a block without empty columns. Rows of one data set are adjacent."""
    order = [(title, kind) for title in titles for kind in ("ours", "published")]
    data = list(dict.fromkeys(data for data, _ in rows))
    grouped = sorted(rows, key=lambda key: data.index(key[0]))
    if not grouped:
        return pd.DataFrame()
    found = pd.DataFrame(
        [[rows[key].get(column, "") for column in order] for key in grouped],
        index=pd.MultiIndex.from_tuples(grouped, names=["data", "system"]),
        columns=pd.MultiIndex.from_tuples(order),
    )
    return found.loc[:, (found != "").any()]


def heading(line, long: pd.DataFrame) -> str:
    """The heading of a line: its data set and, for a stand-in, the data set of the published numbers beside it."""
    notes = long[(long.dataset == line.dataset) & long.published.notna()].note
    other = {part for note in notes for part in note.split("; ") if part.startswith("published numbers on ")}
    return ", ".join([line.dataset, *sorted(other)])


def non_empty(blocks: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The blocks without those of which nothing was measured or printed."""
    return {title: found for title, found in blocks.items() if not found.empty}
