"""Writes self-contained HTML pages. They load no script, font or style, so that they look the same offline."""

import pandas as pd
from jinja2 import Environment
from markupsafe import Markup

from latentmotion.reporting.display_names import REFERENCE_ROWS
from latentmotion.reporting.style import STYLE
from latentmotion.reporting.tabulation.aggregate import FAILED, OTHER_JUDGE
from latentmotion.reporting.tabulation.best import BEST, NOISE, marked
from latentmotion.reporting.tabulation.formats import groups, spread

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}</title>
<style>{{ style }}</style>
</head>
<body{{ " class=front" if contents }}>
{% if contents %}{{ contents }}
{% endif %}<main>
{{ body }}
</main>
</body>
</html>
"""

TABLE = """<h1>{{ caption }}</h1>
<p class="soft">{{ source }}</p>
{% for part in parts %}{{ part }}
{% endfor %}<ul class="notes">
{% for note in notes %}<li>{{ note }}</li>
{% endfor %}</ul>"""

# The front page takes these sections out of the page of a table (index_page.py).
PART = """<section class="part">
<h2>{{ title }}</h2>
<div class="wide" role="region" tabindex="0" aria-label="{{ title }}"><table>
<thead>
<tr><th></th>
{%- for metric, span in columns.spans %}<th class="first" colspan="{{ span }}">{{ metric }}</th>{% endfor %}</tr>
<tr><th></th>
{%- for kind, first in columns.kinds %}
<th class="{{ kind }}{{ first }}"{{ ' colspan=2' if kind == 'ours' }}>{{ kind }}</th>{% endfor %}</tr>
</thead>
{% for data, lines in bodies %}<tbody>
{% if data %}<tr><th class="data" colspan="{{ columns.width }}" scope="rowgroup"><span>{{ data }}</span></th></tr>
{% endif %}{% for system, cells in lines %}<tr{{ ' class=reference' if system in reference }}>
<th scope="row">{{ system }}</th>
{%- for cell in cells %}
<td class="{{ cell.kinds }}"{{ ' colspan=2' if cell.words }}>{{ cell.number }}</td>
{%- if cell.ours and not cell.words %}<td class="spread">{{ cell.rest }}</td>{% endif %}{% endfor %}</tr>
{% endfor %}</tbody>
{% endfor %}</table></div>
{% if key %}<p class="key">{{ key }}</p>
{% endif %}</section>"""

WORDS = {FAILED: "failed", OTHER_JUDGE: "absent"}  # what a cell may say in place of a number, and its class

_environment = Environment(autoescape=True, keep_trailing_newline=True)


def fill(template: str, **values) -> str:
    """The text of a template with its values, which are escaped."""
    return _environment.from_string(template).render(**values)


def page(title: str, body: str, contents: str = "") -> str:
    """A whole page around a body, which must be HTML already, beside a list of contents where there is one."""
    return fill(PAGE, title=title, style=Markup(STYLE), body=Markup(body), contents=Markup(contents))


def table_page(caption: str, source: str, blocks: dict[str, pd.DataFrame], notes: list[str]) -> str:
    """The page of one table; tabulation/pivot.py describes its blocks."""
    parts = [Markup(_part(title, block)) for title, block in blocks.items()]
    return page(caption, fill(TABLE, caption=caption, source=source, parts=parts, notes=notes))


def _part(title: str, block: pd.DataFrame) -> str:
    """One block under its title, with the best values in bold and a key to the marks."""
    metrics = [metric for metric, _ in block.columns]
    firsts = [" first" if i == 0 or metrics[i - 1] != metric else "" for i, metric in enumerate(metrics)]
    kinds = list(zip((kind for _, kind in block.columns), firsts, strict=True))
    spans = {m: sum(2 if kind == "ours" else 1 for n, kind in block.columns if n == m) for m in metrics}
    columns = {"spans": spans.items(), "kinds": kinds, "width": 1 + sum(spans.values())}
    best, row = marked(block, title), 0
    bodies = []
    for data, group in groups(block):
        lines = []
        for (_, system), *cells in group.itertuples():
            marks = (best.cells.get((row, column), "") for column in range(len(kinds)))
            lines.append((system, [_cell(*cell) for cell in zip(cells, kinds, marks, strict=True)]))
            row += 1
        bodies.append((data, lines))
    return fill(PART, title=title, columns=columns, bodies=bodies, key=best.key, reference=REFERENCE_ROWS)


def _cell(text: str, column: tuple[str, str], mark: str) -> dict[str, str | bool]:
    """The parts of a cell, and the classes of its number."""
    kind, first = column
    if text in WORDS:  # in place of a number, over both columns of a value of ours
        return {"number": text, "kinds": f"{WORDS[text]}{first}", "ours": True, "words": True}
    number, rest = spread(text, kind)
    kinds = kind + first + (" best" if mark == BEST else "")
    rest = f"{rest} {NOISE}".strip() if mark == NOISE else rest
    return {"number": number, "rest": rest, "kinds": kinds, "ours": kind == "ours", "words": False}
