"""Blocks of a table, as a report's `view` returns them, in Markdown and LaTeX (page.py makes the HTML).

A block is a frame of strings whose rows are (data, system) and whose columns are (metric, "ours" or "published").
Published cells are set in italics everywhere, in columns of their own.
"""

import pandas as pd

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
}


def markdown(caption: str, blocks: dict[str, pd.DataFrame], notes: list[str]) -> str:
    """GitHub's pipe tables; one line a note."""
    parts = [f"**{caption}**"]
    for title, block in blocks.items():
        header = ["data", "system", *(m if kind == "ours" else f"*{m}, published*" for m, kind in block.columns)]
        lines = [header, ["---", "---", *["---:"] * block.shape[1]]]
        for (data, system), cells in zip(block.index, block.to_numpy(), strict=True):
            lines.append([data, system, *(_italic(c, kind) for c, (_, kind) in zip(cells, block.columns, strict=True))])
        table = "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)
        parts += [f"{title}:", table]
    return "\n\n".join([*parts, "\n".join(f"- {note}" for note in notes)]) + "\n"


def _italic(cell: str, kind: str) -> str:
    return f"*{cell}*" if cell and kind == "published" else cell


def latex(caption: str, blocks: dict[str, pd.DataFrame], notes: list[str]) -> str:
    """A table environment to \\input; its preamble needs booktabs."""
    parts = [r"% \usepackage{booktabs}", r"\begin{table}", r"\centering\footnotesize", r"\setlength{\tabcolsep}{3pt}"]
    parts.append(rf"\caption{{{escape(caption)}}}")
    for title, block in blocks.items():
        parts += [rf"\par\medskip\textbf{{{escape(title)}}}\par\smallskip", *_tabular(block)]
    parts += [r"\par\medskip", r"\begin{minipage}{\linewidth}\scriptsize"]
    parts += [rf"{escape(note)}\par" for note in notes]
    return "\n".join([*parts, r"\end{minipage}", r"\end{table}"]) + "\n"


def _tabular(block: pd.DataFrame) -> list[str]:
    width = block.shape[1] + 1
    spans = [(metric, len(block[metric].columns)) for metric in dict.fromkeys(m for m, _ in block.columns)]
    top = " & ".join(["", *(rf"\multicolumn{{{n}}}{{c}}{{{escape(metric)}}}" for metric, n in spans)])
    kinds = " & ".join(["", *(r"\textit{published}" if kind == "published" else "ours" for _, kind in block.columns)])
    lines = [rf"\begin{{tabular}}{{l{'r' * block.shape[1]}}}", r"\toprule", rf"{top} \\", rf"{kinds} \\"]
    for data, group in block.groupby(level=0, sort=False):
        lines += [r"\midrule", rf"\multicolumn{{{width}}}{{l}}{{\textbf{{{escape(data)}}}}} \\"]
        for (_, system), cells in zip(group.index, group.to_numpy(), strict=True):
            texts = [escape(cell) for cell in cells]
            kinds = [kind for _, kind in block.columns]
            texts = [rf"\textit{{{t}}}" if t and k == "published" else t for t, k in zip(texts, kinds, strict=True)]
            lines.append(rf"{' & '.join([escape(system), *texts])} \\")
    return [*lines, r"\bottomrule", r"\end{tabular}"]


def escape(text: str) -> str:
    """Plain text for LaTeX."""
    return "".join(LATEX.get(character, character) for character in text)
