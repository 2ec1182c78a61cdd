"""README's result section, taken from rendered tables: between two marks for each, never typed by hand.

<!-- table2 -->
...whatever stands here is replaced by reports/table2.md...
<!-- /table2 -->
"""

import re
from pathlib import Path

from latentmotion.core.errors import UserError
from latentmotion.core.files import write_atomic

SECTION = re.compile(r"(?P<open><!-- (?P<name>[a-z0-9_]+) -->\n).*?(?P<close><!-- /(?P=name) -->)", re.DOTALL)


def filled(text: str, reports: Path) -> str:
    """The text with every marked section replaced by the report of its name."""

    def section(match: re.Match) -> str:
        report = Path(reports) / f"{match['name']}.md"
        if not report.is_file():
            raise UserError(f"{report}: marked in the README but not there; make it with 'snakemake {report}'")
        return f"{match['open']}{report.read_text()}{match['close']}"

    return SECTION.sub(section, text)


def fill(readme: Path, reports: Path, check: bool = False) -> None:
    """Brings README's tables up to date; with `check` only says, as an error, that they are not."""
    readme = Path(readme)
    text = readme.read_text()
    new = filled(text, reports)
    if not SECTION.search(text):
        raise UserError(
            f"{readme}: no marks such as '<!-- table2 -->' and '<!-- /table2 -->'; put them where tables go"
        )
    if check and new != text:
        raise UserError(f"{readme}: its tables are not those under {reports}; run 'latentmotion readme'")
    if new != text:
        write_atomic(readme, new.encode())
