"""The templates of index.html, whose values are escaped (html.py). What is folded opens without scripts."""

CONTENTS = """<nav aria-label="contents">
<a href="#top">Results</a>
<a href="#claims">Claims</a>
{% for paper in papers %}<div><a href="#{{ paper.anchor }}">{{ paper.name }}</a>
<ul>{% for item, _, _, _ in paper.tables %}
<li><a href="#{{ item.name }}">{{ item.number[:1]|upper }}{{ item.number[1:] }}</a></li>{% endfor %}
{% if paper.figures %}<li><a href="#{{ paper.anchor }}-figures">Figures</a></li>{% endif %}</ul></div>
{% endfor %}</nav>"""

_MACROS = """{% macro film(item, eager) %}<figure>
<picture><source media="(prefers-reduced-motion: reduce)" srcset="{{ item.still.file }}"
 width="{{ item.still.width }}" height="{{ item.still.height }}">
<img src="{{ item.film.file }}" width="{{ item.film.width }}" height="{{ item.film.height }}" alt="{{ item.caption }}"
 {{ 'fetchpriority="high"'|safe if eager else 'loading="lazy"'|safe }}></picture>
<figcaption>{{ item.caption }}. {{ item.see }} <a href="#{{ item.name }}">{{ item.paper }}, {{ item.number }}</a>
</figcaption></figure>{% endmacro %}
{% macro badge(mark, shape, text) %}<span class="badge {{ shape }}">{{ mark }}&nbsp;{{ text }}</span>{% endmacro %}
{% macro number(one) %}<p class="number">{{ one.number }} <small>{{ one.spread }}</small></p>
<p>{{ one.text }}</p>
<p class="soft">{{ one.compared }} {{ one.data }}<a href="#{{ one.table }}">{{ one.table }}</a></p>{% endmacro %}
{% macro links(item) %}<span class="links">{% for file in item.files %}<a href="{{ file }}">
{{- file.rpartition(".")[2] }}</a>{{ " · " if not loop.last }}{% endfor %}</span>{% endmacro %}
{% macro missing(item) %}<p class="soft">Not made yet: <code>snakemake {{ item.target }}</code></p>{% endmacro %}
"""

_TOP = """<header id="top">
<h1>latentmotion</h1>
<p class="lead">Four papers on generative models that separate what a sequence shows from how it moves, reproduced with
one code and scored in one way.</p>
<p class="soft">{{ reports }} tables and figures, {{ total }} claims.{% if version %} Made by the code of {{ version }}.
{%- endif %} Every number states its scale, its data and its training seeds; ‡ marks runs that have not learnt.</p>
</header>
<div class="hero">{% if hero %}{{ film(hero, true) }}{% endif %}
{% if numbers %}<ul class="cards">{% for one in numbers %}
<li>{{ number(one) }}</li>{% endfor %}</ul>{% else %}<p>No run that a headline is about has learnt yet.</p>{% endif %}
</div>
<section id="claims"><h2>What the papers claim, and what the records say</h2>
{% if counts %}<p>{{ total }} claims were read out of the papers. Each is judged by a rule of its own
(docs/claims.md); runs that have not learnt decide nothing. <a href="claims.html">claims.html</a> has every claim with
its numbers.</p>
{{ counts }}{% else %}<p class="soft">The claims are not judged yet: <code>snakemake claims</code></p>
{% endif %}</section>
"""

_STORY = """<div class="half"><div>
<h3>What it claims</h3>
<p>{{ paper.reference.claims }}</p>
<h3>What we found</h3>
{% if paper.story.total %}<p class="tally">{% for mark, shape, verdict, count in paper.story.tally -%}
{{ badge(mark, shape, count ~ " " ~ verdict) }} {% endfor %}</p>{% endif %}
<ul>{% for one in paper.numbers %}
<li><strong>{{ one.number }}</strong> ({{ one.spread }}) {{ one.text }}
<span class="soft">{{ one.compared }} {{ one.data }}<a href="#{{ one.table }}">{{ one.table }}</a></span></li>
{%- else %}
<li>No number is stated here, because no run that it would be about has learnt yet. The tables below show what was
measured and mark it with ‡.</li>{% endfor %}</ul>
{% if paper.story.decided %}<ul class="core">{% for one in paper.story.decided %}
<li>{{ badge(one.mark, one.shape, one.verdict) }} <a href="claims.html#{{ one.id }}">{{ one.id }}</a> {{ one.claim }}
</li>{% endfor %}</ul>{% endif %}
{% if paper.story.more %}<p class="soft">{{ paper.story.more }} more decided claims are in
<a href="claims.html#{{ paper.anchor }}">claims.html</a>.</p>{% endif %}
<h3>What surprised us</h3>
{% if paper.story.surprises %}<ul>{% for one in paper.story.surprises %}
<li>{% if one.note %}The paper's own numbers do not agree with its claim “{{ one.claim }}” {{ one.note }}
{%- else %}The records contradict {{ "a part of " if one.verdict == "mixed" }}the claim “{{ one.claim }}”
{%- if one.measured %} <span class="soft">{{ one.measured | join("; ") }}</span>{% endif %}
{%- if one.caution %} {{ one.caution }}{% endif %}{% endif %}
(<a href="claims.html#{{ one.id }}">{{ one.id }}</a>)</li>{% endfor %}</ul>
{% else %}<p>Nothing so far: the records contradict no claim of this paper, and none of its printed numbers disagrees
with its text.</p>{% endif %}
</div>{% if paper.film %}{{ film(paper.film, false) }}{% endif %}</div>
"""

_REPORTS = """{% for item, shown, folded, notes in paper.tables %}<article class="report" id="{{ item.name }}">
<h4>{{ item.caption }}</h4>
<p class="soft">{{ item.name }}: {{ item.paper }}, {{ item.number }}
{% if item.made %}· {{ links(item) }}{% endif %}</p>
{% if shown %}{% for part in shown %}{{ part }}
{% endfor %}{% if folded %}<details><summary>{{ folded|length }} more parts of this table</summary>
{% for part in folded %}{{ part }}
{% endfor %}</details>
{% endif %}<details><summary>Notes</summary>
{{ notes }}</details>
{% elif item.made %}<p><a href="{{ item.name }}.html">The table is on a page of its own.</a></p>
{% else %}{{ missing(item) }}
{% endif %}</article>
{% endfor %}{% if paper.figures %}<h3 id="{{ paper.anchor }}-figures">Figures of {{ paper.name }}</h3>
<div class="gallery">{% for item in paper.figures %}<figure id="{{ item.name }}">
{% if item.made %}<a class="plate" href="{{ item.still.file }}"><img src="{{ item.still.file }}"
 alt="{{ item.caption }}" width="{{ item.still.width }}" height="{{ item.still.height }}" loading="lazy"></a>
{% endif %}<figcaption><h4>{{ item.number[:1]|upper }}{{ item.number[1:] }}: {{ item.name }}</h4>
<p>{{ item.caption }}.</p>
<p><strong>What to see:</strong> {{ item.see }}</p>
{% if item.made %}<p>{{ links(item) }}</p>
<details class="film"><summary>Play the film ({{ item.film_size }})</summary>
<img src="{{ item.film.file }}" width="{{ item.film.width }}" height="{{ item.film.height }}" loading="lazy"
 alt="film: {{ item.caption }}"></details>
{% else %}{{ missing(item) }}
{% endif %}</figcaption></figure>
{% endfor %}</div>
{% endif %}"""

INDEX = (
    _MACROS
    + _TOP
    + """{% for paper in papers %}<section class="paper" id="{{ paper.anchor }}"><h2>{{ paper.name }}</h2>
{% if paper.reference %}<p class="soft">{{ paper.reference.authors }},
<a href="{{ paper.reference.url }}"><em>{{ paper.reference.title }}</em></a>, {{ paper.reference.venue }}</p>
"""
    + _STORY
    + "{% endif %}"
    + _REPORTS
    + "</section>\n{% endfor %}"
)
