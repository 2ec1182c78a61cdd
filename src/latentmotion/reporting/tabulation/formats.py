"""Writes the blocks of a table (see pivot.py) as Markdown and as LaTeX; html.py writes them as a page.

Published numbers have columns of their own and are set in italics in every format.
"""

import re

import pandas as pd

from latentmotion.reporting.tabulation.aggregate import FAILED, OTHER_JUDGE

LATEX = {
    "\\": r"\textbackslash{}",
    **{c: rf"\{c}" for c in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "|": r"$\mid$",
    "<": "$<$",
    ">": "$>$",
    "↑": r"$\uparrow$",
    "↓": r"$\downarrow$",
    "±": r"$\pm$",
    "†": r"$^\dagger$",
    "‡": r"$^\ddagger$",
    "✓": r"$\checkmark$",
    "×": r"$\times$",
}

FIT = (
    r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%"  # scales a wide block to the width of the line
)


def markdown(caption: str, blocks: dict[str, pd.DataFrame], notes: list[str]) -> str:
    """The blocks as GitHub's pipe tables under a caption; each note is an item of a list."""
    parts = [f"**{plain(caption)}**"]
    for title, block in blocks.items():
        header = ["", *(_title(metric, kind, block) for metric, kind in block.columns)]
        lines = [header, ["---", *["---:"] * block.shape[1]]]
        for data, group in groups(block):
            lines += [[f"**{plain(data)}**", *[""] * block.shape[1]]] if data else []
            for (_, system), *cells in group.itertuples():
                lines.append(
                    [plain(system), *(_italic(c, kind) for c, (_, kind) in zip(cells, block.columns, strict=True))]
                )
        table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        parts += [f"{plain(title)}:", table]
    return "\n\n".join([*parts, "\n".join(f"- {plain(note)}" for note in notes)]) + "\n"


def plain(text: str) -> str:
    """A text as Markdown that shows it as it is: one line, in which nothing is HTML, a link, code or a column.

    Single stars and underscores between letters stay: they mark nothing there.
    """
    text = re.sub(r"[\\`|\[\]<]", r"\\\g<0>", " ".join(text.split()))
    return re.sub(r"(?<!\w)[*_]|[*_](?!\w)|^[#>]", r"\\\g<0>", text)


def _title(metric: str, kind: str, block: pd.DataFrame) -> str:
    """The title of a column. A published column repeats the metric's name only where we have no column of it."""
    if kind == "ours":
        return plain(metric)
    return "*published*" if (metric, "ours") in block.columns else f"{plain(metric)}, *published*"


def groups(block: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """The rows of each data set under its heading, which is empty where the block has one data set only."""
    found = list(block.groupby(level=0, sort=False))
    return found if len(found) > 1 else [("", block)]


def spread(cell: str, kind: str) -> tuple[str, str]:
    """A cell as its number and its rest (deviation, seeds, marks), which is set smaller so that numbers align."""
    if kind != "ours" or cell in (FAILED, OTHER_JUDGE):
        return cell, ""
    number, _, rest = cell.partition(" ")
    return number, rest


def _italic(cell: str, kind: str) -> str:
    return f"*{plain(cell)}*" if cell and kind == "published" else plain(cell)


def latex(caption: str, blocks: dict[str, pd.DataFrame], notes: list[str]) -> str:
    """A table environment for \\input. The preamble of the document needs booktabs, amssymb and graphicx."""
    parts = [
        r"% \usepackage{booktabs,amssymb,graphicx}; made for lines of 17 cm",
        r"\begin{table}",
        r"\centering\footnotesize",
        r"\setlength{\tabcolsep}{3pt}",
    ]
    parts.append(rf"\caption{{{escape(caption)}}}")
    for title, block in blocks.items():
        parts += [rf"\par\medskip\textbf{{{escape(title)}}}\par\smallskip", FIT, *_tabular(block), "}"]
    parts += [r"\par\medskip", r"\begin{minipage}{\linewidth}\scriptsize"]
    parts += [rf"{escape(note)}\par" for note in notes]
    return "\n".join([*parts, r"\end{minipage}", r"\end{table}"]) + "\n"


def _tabular(block: pd.DataFrame) -> list[str]:
    kinds = [kind for _, kind in block.columns]
    widths = {"ours": 2, "published": 1}
    spans = {metric: sum(widths[k] for m, k in block.columns if m == metric) for metric, _ in block.columns}
    form = "".join(r"r@{\,}l" if kind == "ours" else "r" for kind in kinds)
    lines = [
        rf"\begin{{tabular}}{{l{form}}}",
        r"\toprule",
        "".join(rf" & \multicolumn{{{n}}}{{c}}{{{escape(metric)}}}" for metric, n in spans.items()) + r" \\",
        "".join(r" & \multicolumn{2}{c}{ours}" if kind == "ours" else r" & \textit{publ.}" for kind in kinds) + r" \\",
    ]
    for data, group in groups(block):
        lines.append(r"\midrule")
        if data:
            lines.append(rf"\multicolumn{{{1 + sum(spans.values())}}}{{l}}{{\textbf{{{escape(data)}}}}} \\")
        for (_, system), *cells in group.itertuples():
            lines.append(escape(system) + "".join(map(_cell, cells, kinds)) + r" \\")
    return [*lines, r"\bottomrule", r"\end{tabular}"]


def _cell(cell: str, kind: str) -> str:
    number, rest = (escape(part) for part in spread(cell, kind))
    if kind == "published":
        return rf" & \textit{{{number}}}" if number else " &"
    return rf" & {number} & " + (rf"{{\tiny {rest}}}" if rest else "")


def escape(text: str) -> str:
    """A plain text with LaTeX's special characters escaped."""
    return "".join(LATEX.get(character, character) for character in text)
