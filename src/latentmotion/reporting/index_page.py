"""Writes two overviews of reports: index.html, which shows everything, and README.md, a list for code hosts."""

from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from latentmotion.config.params import load
from latentmotion.config.paths import report_files
from latentmotion.config.schema import Params
from latentmotion.core.files import write_atomic
from latentmotion.core.records import read_record
from latentmotion.reporting.claims.page import overview
from latentmotion.reporting.html import fill, page
from latentmotion.reporting.papers import PAPERS
from latentmotion.reporting.render import report

TITLE = "latentmotion: tables and figures"
COMPARISONS = "Comparisons"  # the section of reports that belong to no paper
INDEX = """<h1>{{ title }}</h1>
<p class="soft">Each table and figure has a command that makes it, and states its scale, data and seeds.</p>
{{ claims }}<h2>Tables and figures</h2>
{% for paper, of_paper in papers.items() %}<p><strong>{{ paper }}</strong>:
{%- for item in of_paper %} <a href="#{{ item.name }}">{{ item.name }}</a>{{ "," if not loop.last }}{% endfor %}</p>
{% endfor %}{% for paper, of_paper in papers.items() %}<h2 class="paper">{{ paper }}</h2>
{% if paper in references %}<p class="soft">{{ references[paper].authors }}, <em>{{ references[paper].title }}</em>,
{{ references[paper].venue }}</p>
{% endif %}{% for item in of_paper %}<section id="{{ item.name }}">
<h3>{{ item.name }}: {{ item.paper }}, {{ item.number }}</h3>
<p>{{ item.caption }}</p>
{% if item.made %}<p>{% for file in item.files %}<a href="{{ file }}">{{ file }}</a>{{ " · " if not loop.last }}
{%- endfor %}</p>
{% if item.page %}<iframe src="{{ item.page }}" title="{{ item.caption }}" loading="lazy"></iframe>
{% endif %}{% for file in item.pictures %}<img src="{{ file }}" alt="{{ item.caption }}" loading="lazy">
{% endfor %}{% else %}<p class="soft">Not made yet: <code>snakemake {{ item.target }}</code></p>
{% endif %}</section>
{% endfor %}{% endfor %}"""


@dataclass(frozen=True)
class Item:
    """A table or figure of the catalogue, its files, and whether they exist."""

    name: str
    paper: str
    number: str
    caption: str
    target: str
    files: list[str]
    made: bool

    @property
    def pictures(self) -> list[str]:
        """The still and the film of a figure; empty for a table."""
        return [file for file in self.files if file.endswith((".png", ".gif"))]

    @property
    def page(self) -> str:
        """The page of a table. That of a figure would show the same pictures again, so that it is only linked."""
        return "" if self.pictures else next((file for file in self.files if file.endswith(".html")), "")


def items(out: Path, params: Params) -> list[Item]:
    """Every table, then every figure, in the order of params.yaml."""
    found = []
    for kind in ("tables", "figures"):
        for name, section in getattr(params, kind).items():
            module = report(kind, section.report)
            targets = report_files(params, kind, name)
            files = [Path(target).name for target in targets if not target.endswith(".json")]  # records are not shown
            made = all((Path(out) / file).is_file() for file in files)
            paper, number = module.PAPER or COMPARISONS, module.NUMBER or ", ".join(section.models)
            found.append(Item(name, paper, number, module.CAPTION, targets[0], files, made))
    return found


def by_paper(found: list[Item]) -> dict[str, list[Item]]:
    """The reports of each paper in the order of PAPERS; papers that are not among them come last."""
    groups: dict[str, list[Item]] = {paper: [] for paper in PAPERS}
    for item in found:
        groups.setdefault(item.paper, []).append(item)
    return {paper: of_paper for paper, of_paper in groups.items() if of_paper}


def verdicts(out: Path) -> Markup:
    """The section on the claims, from the record OUT/claims.json; where there is none, the command that makes it."""
    record = Path(out) / "claims.json"
    if not record.is_file():
        return Markup('<p class="soft">The claims are not judged yet: <code>snakemake claims</code></p>\n')
    found = read_record(record)
    return Markup(overview(found["claims"], found["settings"]["scale"]))


def build(out: Path, params: Path) -> None:
    """Writes OUT/index.html and OUT/README.md. Links are relative and nothing is loaded, so that both work offline."""
    found = items(out, load(params))
    index = page(TITLE, fill(INDEX, title=TITLE, claims=verdicts(out), papers=by_paper(found), references=PAPERS))
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
    write_atomic(Path(out) / "index.html", index.encode())
    write_atomic(Path(out) / "README.md", (text + "\n" + "\n".join(lines) + "\n").encode())
