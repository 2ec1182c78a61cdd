"""The page of all verdicts, claims.html, and the counts of them that index.html shows."""

from collections.abc import Sequence

from latentmotion.config.papers import PAPERS
from latentmotion.reporting.claims.findings import Verdict
from latentmotion.reporting.claims.texts import MARKS, core_first, counts
from latentmotion.reporting.html import fill, page

TITLE = "latentmotion: verdicts on the claims of the papers"
MEANINGS = {
    Verdict.UPHELD: "the records show what the claim says",
    Verdict.CONTRADICTED: "the records show the contrary, or exclude an advantage as large as the claim asks for",
    Verdict.MIXED: "the records show it in a part of the comparisons, seeds or data sets, and the contrary in others",
    Verdict.UNDECIDED: "runs, seeds or measurements are missing, or the difference may be chance",
    Verdict.IMPOSSIBLE: "the claim needs something that this project does not have",
}
SHAPES = {  # an outline for each verdict, so that they differ without colours too
    Verdict.UPHELD: "upheld",
    Verdict.CONTRADICTED: "contradicted",
    Verdict.MIXED: "mixed",
    Verdict.UNDECIDED: "undecided",
    Verdict.IMPOSSIBLE: "impossible",
}
BADGE = """{% macro badge(verdict) %}<span class="badge {{ shapes[verdict] }}">{{ marks[verdict] }}
{#- no space -#}
<span class="word">&nbsp;{{ verdict }}</span></span>{% endmacro %}"""

COUNTS = """<div class="wide"><table class="counts">
<thead><tr><th></th>{% for verdict in verdicts %}<th>{{ badge(verdict) }}</th>{% endfor %}</tr></thead>
<tbody>{% for paper, of in counts.items() %}
<tr><th scope="row"><a href="{{ link }}#{{ anchors[paper] }}">{{ paper }}</a></th>
{%- for number in of.values() %}<td{{ " class=none" if not number }}>{{ number }}</td>{% endfor %}</tr>{% endfor %}
</tbody></table></div>
"""

OVERVIEW = BADGE + COUNTS

CLAIMS = (
    BADGE
    + """{% macro claim(row, findings) %}<article class="claim" id="{{ row.id }}">
{{ badge(row.verdict) }} <span class="soft">{{ row.paper }}, {{ row.where }}</span>
<h4><a href="#{{ row.id }}">{{ row.id }}</a> {{ row.claim }}</h4>
<p><span class="soft">Printed:</span> {{ row.printed }}{% if row.paper_consistent == "no" %}
<strong>The printed numbers do not agree with the claim.</strong>{% endif %}</p>
{% if row.effect %}<p><span class="soft">Ours ({{ row.scale }}, seeds: {{ row.seeds }}):</span></p>
<ul>{% for line in row.effect.split(" | ") %}<li>{{ line }}</li>{% endfor %}</ul>{% endif %}
<p><span class="soft">Why:</span></p>
<ul>{% for line in row.why.split(" | ") %}<li>{{ line }}</li>{% endfor %}</ul>
<details><summary>Rule, numbers and notes</summary>
<p><span class="soft">Rule:</span> {{ row.rule }}</p>
{% if row.unchecked %}<p><span class="soft">Not checked:</span> {{ row.unchecked }}.</p>{% endif %}
{% if row.note %}<p><span class="soft">Note:</span> {{ row.note }}</p>{% endif %}
{% if row.reports %}<p><span class="soft">See:</span>
{%- for name in row.reports.split("; ") %} <a href="index.html#{{ name }}">{{ name }}</a>{{ "," if not loop.last }}
{%- endfor %}</p>{% endif %}
{% if findings %}<div class="wide"><table class="findings"><thead><tr><th>data</th><th>models</th><th>measure</th>
<th>values, mean ± deviation (seeds)</th><th>effect [95 % interval]</th><th>verdict</th></tr></thead>
<tbody>{% for line in findings %}<tr><td>{{ line.data }}</td><td>{{ line.of }}</td><td>{{ line.measure }}</td>
<td>{{ line["values"] }}</td><td>{{ line.effect }}</td><td>{{ marks[line.verdict] }} {{ line.verdict }}</td></tr>
{% endfor %}</tbody></table></div>{% endif %}
</details></article>
{% endmacro %}<p class="soft"><a href="index.html">all tables and figures</a></p>
<h1>{{ title }}</h1>
<p class="soft">Scale {{ scale }}. Every claim is judged by a rule that stands in data/claims.csv, from records alone.
docs/claims.md explains the rules.</p>
<ul class="core">{% for verdict, meaning in meanings.items() %}
<li>{{ badge(verdict) }} {{ meaning }}</li>{% endfor %}</ul>
"""
    + COUNTS
    + """{% for paper, (core, others) in papers.items() %}<h2 class="paper" id="{{ anchors[paper] }}">{{ paper }}</h2>
{% if paper in references %}<p class="soft">{{ references[paper].authors }}, <em>{{ references[paper].title }}</em>,
{{ references[paper].venue }}</p>
{% endif %}{% if core %}<h3>Core claims</h3>
{% for row in core %}{{ claim(row, findings[row.id]) }}{% endfor %}{% endif %}
{% if others %}<details class="others"><summary>{{ others|length }} other claims</summary>
{% for row in others %}{{ claim(row, findings[row.id]) }}{% endfor %}</details>{% endif %}
{% endfor %}"""
)


def claims_page(rows: Sequence[dict], findings: Sequence[Sequence[dict]], scale: str) -> str:
    """The whole page.

    Arguments:
        rows: the rows of all claims (texts.py).
        findings: the comparisons behind each row.
    """
    by_id = {row["id"]: lines for row, lines in zip(rows, findings, strict=True)}
    papers = {paper: core_first(rows, paper) for paper in counts(rows)}
    body = fill(CLAIMS, title=TITLE, findings=by_id, papers=papers, meanings=MEANINGS, link="", **_common(rows, scale))
    return page(TITLE, body)


def overview(rows: Sequence[dict], scale: str) -> str:
    """The counts by paper and verdict, for index.html. Each paper is a link to its claims."""
    return fill(OVERVIEW, link="claims.html", **_common(rows, scale))


def _common(rows: Sequence[dict], scale: str) -> dict:
    found = counts(rows)
    anchors = {paper: f"paper-{paper.lower()}" for paper in found}
    shared = {"marks": MARKS, "shapes": SHAPES, "verdicts": list(Verdict), "references": PAPERS}
    return {"counts": found, "anchors": anchors, "scale": scale, **shared}
