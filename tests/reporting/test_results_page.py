"""The page docs/results.md: every table with its notes, every figure as links, grouped by paper."""

import json

from support.project import ROOT

from latentmotion.config.papers import PAPERS
from latentmotion.reporting.results_page import build


def test_the_page_has_tables_and_links_of_what_is_made(tmp_path):
    reports, out = tmp_path / "published", tmp_path / "docs/results.md"
    reports.mkdir()
    for name, suffixes in {"table2": ("csv", "md", "tex", "html"), "figure_energy": ("png", "gif")}.items():
        for suffix in suffixes:
            (reports / f"{name}.{suffix}").write_text("| a | 0.5 ± 0.1 |\n\n- a note\n")
    (reports / "figure_energy.json").write_text(json.dumps({"settings": {"scale": "tiny"}}))
    build(out, reports, ROOT / "params.yaml")
    text = out.read_text(encoding="utf-8")
    assert [line.removeprefix("## ") for line in text.splitlines() if line.startswith("## ")] == list(PAPERS)
    table = text.split("### table2: HALO, table 2\n\n")[1]
    assert table.startswith("| a | 0.5 ± 0.1 |\n\n- a note\n\nFiles: [csv](../published/table2.csv), [LaTeX](../")
    (energy,) = [line for line in text.splitlines() if line.startswith("| figure_energy: figure S3 |")]
    assert energy.endswith("| tiny | [still](../published/figure_energy.png), [film](../published/figure_energy.gif) |")
    assert "Not made yet: `snakemake reports/table1.csv`" in text and ".json" not in text
    build(out, reports, ROOT / "params.yaml")
    assert out.read_text(encoding="utf-8") == text
