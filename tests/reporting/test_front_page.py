"""The front page: its numbers, its stories, and how it looks in a browser at two widths, in dark mode and on paper."""

import re
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from PIL import Image
from support.browser import Browser, browser, chromium
from support.project import ROOT

from latentmotion.config.papers import PAPERS
from latentmotion.core.errors import UserError
from latentmotion.reporting import headline_numbers, index_page
from latentmotion.reporting.claims.claim import read_claims
from latentmotion.reporting.claims.pairs import SATURATED
from latentmotion.reporting.headline_numbers import Stated, stated, top
from latentmotion.reporting.headlines import HEADLINES, SHARE, Headline
from latentmotion.reporting.html import table_page
from latentmotion.reporting.paper_story import story, verdict_on
from latentmotion.reporting.report_files import report
from latentmotion.reporting.tabulation.pivot import as_block

PARAMS = ROOT / "params.yaml"
LINE = "row,dataset,protocol,metric,published,mean,std,seeds,learnt,scale,seen"
HEADLINE = Headline("HALO", "t", "sprites", ("halo", "p", "acc"), "of them.", SHARE, against=("dsvae", "p", "acc"))


def state(tmp_path, monkeypatch, *lines: str, headline: Headline = HEADLINE, claims: tuple = ()):
    (tmp_path / "t.csv").write_text("\n".join([LINE, *lines]) + "\n")
    monkeypatch.setattr(headline_numbers, "HEADLINES", (headline,))
    titles = {"halo": "HALO", "dsvae": "DSVAE"}.get
    return stated(tmp_path, titles, lambda name: [name, f"{name} (drawn)"], partial(verdict_on, claims))


@pytest.mark.parametrize(
    ("other", "compared"),
    [
        (
            "DSVAE,sprites,p,acc,,0.91,0.02,3,yes,quick",
            "DSVAE: 91.0 %; the difference is within noise (Welch's t-test over the seeds: p = 0.57).",
        ),
        (
            "DSVAE,sprites,p,acc,,0.51,0.02,3,yes,quick",
            "DSVAE: 51.0 %, which is worse (Welch's t-test over the seeds: p < 0.001).",
        ),
        (
            "DSVAE,sprites,p,acc,,0.99,0.002,3,yes,quick",
            "DSVAE: 99.0 %, which is better (Welch's t-test over the seeds: p = 0.015).",
        ),
        ("DSVAE,sprites,p,acc,,0.51,,1,yes,quick", "DSVAE: 51.0 %; with one seed the noise is not known."),
        ("DSVAE,sprites,p,acc,,0.1,,,,quick", "DSVAE: 10.0 %."),
        (
            "DSVAE,sprites,p,acc,,0.51,0.02,3,no,quick",
            "DSVAE: 51.0 %, which decides nothing, since that run",
        ),
        ("DSVAE,sprites,p,acc,0.7,,,,,quick", ""),
    ],
)
def test_a_number_comes_from_the_table_with_what_it_is_compared_with(tmp_path, monkeypatch, other, compared):
    (one,) = state(tmp_path, monkeypatch, "HALO,sprites,p,acc:long,0.95,0.9,0.02,3,yes,quick", other)
    assert (one.number, one.spread) == ("90.0 %", "± 2.0, 3 training seeds")
    assert one.compared.startswith(f"The paper prints 95.0 %. {compared}".strip())
    assert one.data == "Data: sprites; scale quick; "


@pytest.mark.parametrize(
    ("seen", "theirs", "stated"),
    [
        ("86400", "64000", " HALO saw 86,400 sequences in training, DSVAE 64,000."),
        ("86400", "64000; 86400", " HALO saw 86,400 sequences in training, DSVAE 64,000 and 86,400."),
        ("86400", "86400", ""),
        ("", "64000", ""),
        ("86400", "", ""),
    ],
)
def test_a_comparison_says_which_training_was_longer(tmp_path, monkeypatch, seen, theirs, stated):
    lines = (f"HALO,sprites,p,acc,,0.9,,1,yes,quick,{seen}", f"DSVAE,sprites,p,acc,,0.51,,1,yes,quick,{theirs}")
    (one,) = state(tmp_path, monkeypatch, *lines)
    assert one.compared == f"DSVAE: 51.0 %; with one seed the noise is not known.{stated}"


def test_the_verdict_on_a_claim_stands_in_place_of_another_test(tmp_path, monkeypatch):
    lines = "HALO,sprites,p,acc,,0.9,0.02,3,yes,quick", "DSVAE,sprites,p,acc,,0.51,0.02,3,yes,quick"
    claims = (
        {"id": "halo-03", "why": "faces: upheld | sprites: undecided (the difference may be chance)"},
        row("x", "upheld"),
    )
    (one,) = state(tmp_path, monkeypatch, *lines, headline=replace(HEADLINE, claim="halo-03"), claims=claims)
    assert one.compared == "DSVAE: 51.0 %. On these data, the claim on this difference (halo-03) is undecided."
    (one,) = state(tmp_path, monkeypatch, *lines, headline=replace(HEADLINE, claim="halo-04"), claims=claims)
    assert "Welch" in one.compared, "there is no verdict on it"


@pytest.mark.parametrize("learnt", ["no", "not known", "2 of 3", ""])
def test_a_number_of_a_run_that_has_not_learnt_is_left_out(tmp_path, monkeypatch, learnt):
    assert not state(tmp_path, monkeypatch, f"HALO,sprites,p,acc,,0.9,,1,{learnt},quick")
    assert state(tmp_path, monkeypatch, "HALO,sprites (drawn),p,acc,,0.9,,1,yes,tiny")[0].data.startswith(
        "Data: sprites (drawn); scale tiny"
    )


def test_the_numbers_on_top_are_of_different_papers_first(tmp_path, monkeypatch):
    found = state(tmp_path, monkeypatch, "HALO,sprites,p,acc,,0.9,,1,yes,quick") * 3
    others = [Stated("R-WAE", "t", "1", "", "", "", "", True), Stated("EHF", "t", "1", "", "", "", "", False)]
    assert [one.paper for one in top([*found, *others], 5)] == ["HALO", "EHF", "HALO", "HALO", "R-WAE"]
    assert len(top(found, 2)) == 2


def test_headlines_name_what_the_catalogue_has():
    params = index_page.load(PARAMS)
    ids = {claim.id for claim in read_claims(ROOT / "data/claims.csv")}
    for headline in HEADLINES:
        table = params.tables[headline.table]
        assert headline.dataset in table.datasets and headline.cell[0] in table.models
        assert not headline.claim or headline.claim in ids
        assert headline.paper == report("tables", table.report or headline.table).PAPER
    assert {paper.film for paper in PAPERS.values()} <= set(params.figures) and index_page.HERO in params.figures


def row(name: str, verdict: str, consistent: str = "yes", rank: str = "1") -> dict[str, str]:
    ours = f"sprites, acc: HALO 0.5 (3) | faces, acc: HALO 0.{name} (3)"
    why = f"sprites: {verdict} | faces: undecided (no runs)"
    text = {"id": name, "paper": "HALO", "claim": f"Claim {name}.", "note": f"Note {name}.", "rank": rank}
    return text | {"verdict": verdict, "paper_consistent": consistent, "ours": ours, "why": why}


def test_a_story_has_decided_claims_and_surprises():
    rows = [row("1", "upheld", rank="3"), row("2", "contradicted", rank=""), row("3", "undecided"), row("4", "mixed")]
    found = story([*rows, row("5", "undecided", "no", "2")])
    assert [told.id for told in found.decided] == ["1"] and found.total == 5 and not found.more
    assert [told.id for told in found.surprises] == ["4", "2"]
    assert found.surprises[0].measured == ("sprites, acc: HALO 0.5 (3)",), "what decides nothing is left out"
    many = row("6", "contradicted") | {"ours": " | ".join(f"sprites, acc: HALO {n} (3)" for n in range(5))}
    measured = story([many]).surprises[0].measured
    assert len(measured) == 4 and measured[2:] == ("sprites, acc: HALO 2 (3)", "and 2 more values")
    assert [told.note for told in story([row("5", "undecided", "no")]).surprises] == ["Note 5."]
    assert story([]).total == 0 and not story([]).surprises
    assert [(verdict, count) for *_, verdict, count in found.tally][:2] == [("upheld", 1), ("contradicted", 1)]


def test_a_story_warns_of_scores_that_can_go_no_higher():
    plain, saturated, partly = (row(name, "contradicted", rank=name) for name in "123")
    saturated["why"] = f"sprites: contradicted ({SATURATED}) | faces: undecided (no runs)"
    partly["why"] = f"sprites: contradicted ({SATURATED}) | faces: contradicted"
    assert [told.caution for told in story([plain, saturated]).surprises] == ["", f"B{SATURATED[1:]}."]
    assert story([partly]).surprises[0].caution == f"On sprites, {SATURATED}."


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """The front page of a wide table and of a figure of each paper, with texts that are markup."""
    folder = tmp_path_factory.mktemp("site")
    titles = [f"a long name of a score, number {number} ↑" for number in range(9)]
    rows = {("<b>data</b>", f"model {n}"): {(t, "ours"): f"0.{n}00 ± 0.010 (3)" for t in titles} for n in range(9)}
    parts = {f"part {number}": as_block(rows, titles) for number in range(3)}
    (folder / "table2.html").write_text(table_page("caption", "source", parts, ["a <i>note</i>"]))
    for suffix in ("csv", "md", "tex"):
        (folder / f"table2.{suffix}").write_text("x\n")
    for name in ("figure_motion_swap", *(paper.film for paper in PAPERS.values())):
        for suffix in ("png", "gif"):
            Image.new("RGB", (1500, 900), "red").save(folder / f"{name}.{suffix}")
    index_page.build(folder, PARAMS)
    return folder / "index.html"


def test_the_page_loads_nothing_from_elsewhere_and_knows_the_size_of_its_pictures(site):
    text = site.read_text(encoding="utf-8")
    assert not re.search(r'(src|srcset|@import|<link|url\()[="\' ]*(https?:|//)', text) and "<script" not in text
    assert len(text) < 2_000_000
    pictures = re.findall(r"<img[^>]*>", text)
    assert len(pictures) > 10 and all('width="1500"' in tag and 'height="900"' in tag for tag in pictures)
    eager = [tag for tag in pictures if 'loading="lazy"' not in tag]
    assert len(eager) == 1 and "figure_motion_swap.gif" in eager[0], "only the film on top is loaded at once"
    assert "&lt;i&gt;note&lt;/i&gt;" in text and "<i>note" not in text
    assert "What to see:" in text and "2 more parts of this table" in text
    assert re.search(r"commit [0-9a-f]{7,} of \d{4}-\d\d-\d\d", text) or "Made by" not in text
    for anchor in re.findall(r'href="#([^"]+)"', text):
        assert f'id="{anchor}"' in text


def test_a_table_page_from_before_its_parts_were_marked_is_linked(tmp_path):
    for suffix in ("csv", "md", "tex", "html"):
        (tmp_path / f"table2.{suffix}").write_text("old\n")
    index_page.build(tmp_path, PARAMS)
    assert "The table is on a page of its own." in (tmp_path / "index.html").read_text()


def test_a_damaged_picture_is_named(tmp_path):
    for suffix in ("png", "gif"):
        (tmp_path / f"figure_energy.{suffix}").write_text("no picture")
    with pytest.raises(UserError, match=r"figure_energy.png: is no picture; make it again with 'snakemake --force"):
        index_page.build(tmp_path, PARAMS)


@pytest.fixture(scope="module")
def tab(tmp_path_factory):
    if chromium() is None:
        pytest.skip("no Chromium is installed, so that the front page is not tried in a browser")
    with browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


MISSING = """(async () => {
  for (const image of document.images) image.loading = "eager";
  for (const part of document.querySelectorAll("details")) part.open = true;
  await Promise.allSettled([...document.images].map(image => image.decode()));
  return [...document.images].filter(image => !image.naturalWidth).map(image => image.currentSrc || image.src);
})()"""
OVERFLOW = """[...document.querySelectorAll("body *")].filter(element =>
  element.getBoundingClientRect().right > innerWidth + 1 && !element.closest(".wide, nav")
).map(element => element.outerHTML.slice(0, 200))"""
TOP = 'document.querySelector("{}").getBoundingClientRect().{}'


@pytest.mark.parametrize("width", [1400, 390])
def test_the_page_of_a_table_fits_too(tab: Browser, site, width):
    tab.open(site.with_name("table2.html"), width)
    assert tab.value(OVERFLOW) == [] and tab.complaints() == []
    assert tab.value("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("page", ["index", "claims"])
def test_the_committed_pages_fit_a_narrow_window(tab: Browser, page):
    tab.open(ROOT / f"published/{page}.html", 390)
    assert tab.value(OVERFLOW) == [] and tab.value("document.documentElement.scrollWidth") == 390


@pytest.mark.parametrize("width", [1400, 390])
def test_nothing_overflows_or_is_missing_in_a_browser(tab: Browser, site, width):
    tab.open(site, width)
    assert all(address.startswith("file:") for address in tab.requested())
    assert tab.value(MISSING) == [] and tab.value(OVERFLOW) == [] and tab.complaints() == []
    assert tab.value("document.documentElement.scrollWidth") == width
    tab.value("scrollTo(0, document.documentElement.scrollHeight / 2)")
    assert 0 <= tab.value(TOP.format("nav", "top")) < 5, "the contents stay in view"
    tab.value('document.querySelector(".wide").scrollLeft = 200')
    assert tab.value('document.querySelector(".wide").scrollLeft') == 200, "the table is wider than the page"
    name, number = (TOP.format(f".wide tbody tr:nth-child(2) > {tag}", "left") for tag in ("th", "td"))
    assert tab.value(f'{name} - document.querySelector(".wide").getBoundingClientRect().left') == 0
    tab.value('document.querySelector(".wide").scrollLeft = 0')
    assert tab.value(number) < width - 100, "the first numbers are in view"


def test_dark_mode_and_paper(tab: Browser, site):
    colour = "getComputedStyle(document.body).backgroundColor"
    tab.open(site, 1400)
    light = tab.value(colour)
    tab.open(site, 1400, dark=True)
    assert light == "rgb(255, 255, 255)" and tab.value(colour) == "rgb(13, 17, 23)"
    tab("Emulation.setEmulatedMedia", media="print", features=[])
    assert tab.value('getComputedStyle(document.querySelector("nav")).display') == "none"
    assert tab.value('document.querySelector(".report details ul.notes").getBoundingClientRect().height') > 0
    assert tab.paper().startswith(b"%PDF")
