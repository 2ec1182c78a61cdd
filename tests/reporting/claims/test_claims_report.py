"""The report of the verdicts from made-up records: what its files hold."""

import csv
import json

import pytest
from support.claims import line, real, runs
from support.project import ROOT
from support.titles import TITLES

from latentmotion.reporting import index_page
from latentmotion.reporting.claims.claim import COLUMNS, read_claim
from latentmotion.reporting.claims.render import render_claims
from latentmotion.reporting.claims.texts import ROW, rule
from latentmotion.reporting.titles import Titles

ACTION = "motion-swap/action_accuracy"
HIGH, LOW = [0.80, 0.82, 0.81, 0.79, 0.80], [0.50, 0.52, 0.52, 0.49, 0.51]
SETTINGS = {"scale": "quick", "planned": {"sprites": ["halo", "dsvae"]}, "titles": TITLES}


@pytest.fixture
def rendered(tmp_path):
    """Three claims on the same records: one upheld, one contradicted, one undecided for its seeds."""
    folder = tmp_path / "results/quick"
    for one in [real(), *runs("halo", ACTION, HIGH), *runs("dsvae", ACTION, LOW)]:
        path = folder / one["model"] / one["dataset"] / f"seed{one['seed']}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(one))
    lines = [
        line(rank="2", reports="table2", note="A <note>."),
        line(id="x-02", direction="lower", rank="1"),
        line(id="x-03", seeds="9"),
        line(id="x-04", paper="EHF", obstacle="it needs more"),
    ]
    with (tmp_path / "data.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(lines)
    render_claims(tmp_path / "data.csv", [folder, tmp_path / "results/paper"], tmp_path / "claims", SETTINGS)
    return tmp_path


def test_the_csv_file_has_a_line_for_each_claim(rendered):
    found = list(csv.DictReader((rendered / "claims.csv").open()))
    assert list(found[0]) == list(ROW)
    assert [row["verdict"] for row in found] == ["upheld", "contradicted", "undecided", "cannot be decided here"]
    first = found[0]
    assert first["printed"] == "0.9 / 0.5" and first["seeds"] == "5" and first["scale"] == "quick"
    assert "HALO (conditional) 0.804 ± 0.011 (5); DSVAE 0.508 ± 0.013 (5)" in first["ours"]
    assert first["effect"].startswith("sprites, HALO (conditional) against DSVAE: +0.296 [0.2")
    assert first["effect"].endswith("p < 0.001") and first["why"] == "sprites: upheld"
    assert "HALO (conditional) / DSVAE: 5 of 9 common seeds" in found[2]["why"]
    assert found[3]["why"] == "it needs more" and found[3]["effect"] == ""


def test_core_claims_come_first_by_rank(rendered):
    text = (rendered / "claims.md").read_text()
    assert "| HALO | 1 | 1 | 0 | 1 | 0 |" in text and "| EHF | 0 | 0 | 0 | 0 | 1 |" in text
    order = [text.index(name) for name in ("HALO, core claims:", "**x-02**", "**x-01**", "HALO, other claims:")]
    assert order == sorted(order)


def test_the_page_and_the_index_show_verdicts_as_words(rendered):
    page = (rendered / "claims.html").read_text()
    for text in (
        '✓<span class="word">&nbsp;upheld',
        '✗<span class="word">&nbsp;contradicted',
        "&nbsp;cannot be decided here",
    ):
        assert text in page
    assert 'id="x-01"' in page and 'href="index.html#table2"' in page
    assert "A &lt;note&gt;." in page and "http" not in page
    index_page.build(rendered, ROOT / "params.yaml")
    index = (rendered / "index.html").read_text()
    assert 'href="claims.html#x-02"' in index and 'href="claims.html#x-03"' not in index
    assert "http" not in index.replace('<a href="https://arxiv.org/abs/', "")
    order = [index.index(text) for text in ("x-01", "What surprised us", "x-02", 'id="table1"')]
    assert order == sorted(order), "a contradicted claim is a surprise"


def test_the_record_states_what_the_verdicts_are_made_from(rendered):
    found = json.loads((rendered / "claims.json").read_text())
    assert found["verb"] == "claims" and found["settings"] == SETTINGS and len(found["claims"]) == 4
    assert len(found["made_from"]) == 12  # the claims, and 11 records


def test_equal_input_gives_equal_bytes(rendered):
    before = {path.name: path.read_bytes() for path in rendered.glob("claims.*")}
    folder = rendered / "results/quick"
    render_claims(rendered / "data.csv", [folder, rendered / "results/paper"], rendered / "again", SETTINGS)
    for suffix in (".csv", ".md", ".html", ".json"):
        assert (rendered / f"again{suffix}").read_bytes() == before[f"claims{suffix}"]


def test_an_index_without_verdicts_names_the_command(tmp_path):
    index_page.build(tmp_path, ROOT / "params.yaml")
    assert "<code>snakemake claims</code>" in (tmp_path / "index.html").read_text()


def test_a_rule_is_told_in_sentences():
    titles = Titles.of({"titles": TITLES})
    text = rule(read_claim(line(correction="holm", preconditions="halfway; better: predict/mse < 1")), titles)
    assert text == (
        "HALO (conditional) against DSVAE seed by seed, with 5 common seeds or more: action_accuracy (motion-swap) "
        "higher by more than 0.02, with p < 0.05. The p-values of all comparisons on one data set are adjusted by "
        "Holm's method. Preconditions: of the better model, mse (predict) is below 1; the better model is at least "
        "halfway from chance to the judge."
    )
    columns = {"kind": "threshold", "than": "", "pairs": "", "margin": "0.9 of real", "seeds": "3"}
    assert rule(read_claim(line(**columns)), titles) == (
        "In each seed of HALO (conditional), of which there are 3 or more: action_accuracy (motion-swap) is at least "
        "0.9 of the judge's value on real data."
    )
