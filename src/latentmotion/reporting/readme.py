"""Puts rendered tables into README, each between two marks, so that no number is typed by hand.

<!-- table2 -->
...the text between the marks is replaced by that of reports/table2.md...
<!-- /table2 -->
"""

import re
from pathlib import Path

from latentmotion.core.errors import UserError
from latentmotion.core.files import write_atomic

SECTION = re.compile(r"(?P<open><!-- (?P<name>[a-z0-9_]+) -->\n).*?(?P<close><!-- /(?P=name) -->)", re.DOTALL)


def filled(text: str, reports: Path) -> str:
    """The text in which every marked section is replaced by the table of its name."""

    def section(match: re.Match) -> str:
        report = Path(reports) / f"{match['name']}.md"
        if not report.is_file():
            raise UserError(f"{report}: marked in README, but it does not exist; make it with 'snakemake {report}'")
        return f"{match['open']}{report.read_text()}{match['close']}"

    return SECTION.sub(section, text)


def fill(readme: Path, reports: Path, check: bool = False) -> None:
    """Updates the tables in README.

    With `check`, raises UserError where they are not up to date, and writes nothing.
    """
    readme = Path(readme)
    text = readme.read_text()
    new = filled(text, reports)
    if not SECTION.search(text):
        raise UserError(
            f"{readme}: it has no marks such as '<!-- table2 -->' and '<!-- /table2 -->'; add them where tables belong"
        )
    if check and new != text:
        raise UserError(f"{readme}: its tables differ from those under {reports}; run 'latentmotion readme'")
    if new != text:
        write_atomic(readme, new.encode())
