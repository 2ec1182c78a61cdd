"""Writes self-contained HTML pages. They load no script, font or style, so that they look the same offline."""

import pandas as pd
from jinja2 import Environment
from markupsafe import Markup

from latentmotion.reporting.display_names import REFERENCE_ROWS
from latentmotion.reporting.tabulation.formats import groups, spread

STYLE = """
:root { --ink: #1b1f24; --soft: #59636e; --line: #d1d9e0; --tint: #f6f8fa; --published: #0550ae; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2.5rem 2rem 4rem; max-width: 84rem; color: var(--ink); background: #fff;
  font: 16px/1.5 system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif; }
h1 { font-size: 1.55rem; line-height: 1.25; margin: 0 0 .25rem; }
h2, h3 { font-size: 1.08rem; margin: 2.2rem 0 .6rem; }
h2.paper { font-size: 1.4rem; margin-top: 3rem; }
p { margin: .3rem 0; } .soft { color: var(--soft); } a { color: #0550ae; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .93rem; }
thead th { font-weight: 600; padding: .25rem .55rem; text-align: right; white-space: nowrap; }
thead tr:first-child th { border-top: 2px solid var(--ink); text-align: center; }
thead tr:last-child th { border-bottom: 1px solid var(--ink); font-weight: 400; color: var(--soft); }
td { padding: .28rem .55rem; text-align: right; white-space: nowrap; }
td.ours, td.failed { padding-right: .3rem; }
td.spread { padding-left: 0; text-align: left; font-size: .8rem; color: var(--soft); }
tbody th { padding: .28rem 1.6rem .28rem 0; text-align: left; font-weight: 400; white-space: nowrap; }
tbody tr:last-child > * { border-bottom: 1px solid var(--line); }
tbody:last-child tr:last-child > * { border-bottom: 2px solid var(--ink); }
th.data { font-weight: 600; padding-top: .7rem; } th.data span { font-weight: 400; color: var(--soft); }
tr.reference > * { color: var(--soft); }
thead tr:last-child th.ours { text-align: left; padding-left: 1.1rem; }
td.published, thead tr:last-child th.published { color: var(--published); font-style: italic; }
td.failed { color: #8a3c00; font-weight: 600; }
@media (max-width: 84rem) { body { padding: 1.4rem 1rem 2rem; } table { font-size: .86rem; } }
.first { border-left: 1px solid var(--line); }
ul.notes { margin: 2rem 0 0; padding-left: 1.1rem; font-size: .9rem; max-width: 62rem; }
ul.notes li { margin: .35rem 0; }
section { border-top: 1px solid var(--line); margin-top: 2.2rem; padding-top: .4rem; }
section iframe { width: 100%; height: 46rem; margin: .8rem 0; border: 1px solid var(--line); }
section img { display: block; max-width: 100%; margin: .8rem 0; border: 1px solid var(--line); }
"""

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}</title>
<style>{{ style }}</style>
</head>
<body>
{{ body }}
</body>
</html>
"""

TABLE = """<h1>{{ caption }}</h1>
<p class="soft">{{ source }}</p>
{% for title, columns, groups in blocks %}<h2>{{ title }}</h2>
<div class="wide"><table>
<thead>
<tr><th></th>
{%- for metric, span in columns.spans %}<th class="first" colspan="{{ span }}">{{ metric }}</th>{% endfor %}</tr>
<tr><th></th>
{%- for kind, first in columns.kinds %}
<th class="{{ kind }}{{ first }}"{{ ' colspan=2' if kind == 'ours' }}>{{ kind }}</th>{% endfor %}</tr>
</thead>
{% for data, lines in groups %}<tbody>
{% if data %}<tr><th class="data" colspan="{{ columns.width }}" scope="rowgroup">{{ data }}</th></tr>
{% endif %}{% for system, cells in lines %}<tr{{ ' class=reference' if system in reference }}>
<th scope="row">{{ system }}</th>
{%- for number, rest, kind, first in cells %}
<td class="{{ 'failed' if number == 'failed' else kind }}{{ first }}">{{ number }}</td>
{%- if kind == 'ours' %}<td class="spread">{{ rest }}</td>{% endif %}{% endfor %}</tr>
{% endfor %}</tbody>
{% endfor %}</table></div>
{% endfor %}<ul class="notes">
{% for note in notes %}<li>{{ note }}</li>
{% endfor %}</ul>"""

_environment = Environment(autoescape=True, keep_trailing_newline=True)


def fill(template: str, **values) -> str:
    """The text of a template with its values, which are escaped."""
    return _environment.from_string(template).render(**values)


def page(title: str, body: str) -> str:
    """A whole page around a body, which must be HTML already."""
    return fill(PAGE, title=title, style=Markup(STYLE), body=Markup(body))


def table_page(caption: str, source: str, blocks: dict[str, pd.DataFrame], notes: list[str]) -> str:
    """The page of one table; tabulation/pivot.py describes its blocks."""
    parts = []
    for title, block in blocks.items():
        metrics = [metric for metric, _ in block.columns]
        firsts = [" first" if i == 0 or metrics[i - 1] != metric else "" for i, metric in enumerate(metrics)]
        kinds = list(zip((kind for _, kind in block.columns), firsts, strict=True))
        spans = {m: sum(2 if kind == "ours" else 1 for n, kind in block.columns if n == m) for m in metrics}
        bodies = [
            (
                data,
                [
                    (system, [(*spread(cell, kind[0]), *kind) for cell, kind in zip(cells, kinds, strict=True)])
                    for (_, system), *cells in group.itertuples()
                ],
            )
            for data, group in groups(block)
        ]
        parts.append((title, {"spans": spans.items(), "kinds": kinds, "width": 1 + sum(spans.values())}, bodies))
    body = fill(TABLE, caption=caption, source=source, blocks=parts, notes=notes, reference=REFERENCE_ROWS)
    return page(caption, body)
