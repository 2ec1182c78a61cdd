"""data/claims.csv: that it can be read, that it names what exists, and what is said of a file that is wrong."""

import csv
import re

import pytest
from support.claims import line
from support.project import ROOT
from support.protocols_page import documented

from latentmotion.config.papers import PAPERS
from latentmotion.config.params import load
from latentmotion.core.errors import UserError
from latentmotion.core.source_code import constant, modules
from latentmotion.reporting.claims.claim import COLUMNS, PAIRED, read_claims

CLAIMS = read_claims(ROOT / "data/claims.csv")
PARAMS = load(ROOT / "params.yaml")
PROTOCOLS = {
    constant(f"evaluation/protocols/{name}", "NAME", None) for name in modules("evaluation/protocols") if name != "base"
}


def test_every_paper_has_claims_and_core_claims_are_ranked_from_1():
    assert len(CLAIMS) == 105
    for paper in PAPERS:
        of_paper = [claim for claim in CLAIMS if claim.text["paper"] == paper]
        ranks = sorted(int(claim.text["rank"]) for claim in of_paper if claim.text["rank"])
        assert ranks == list(range(1, len(ranks) + 1)) and 0 < len(ranks) < len(of_paper)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_a_claim_names_what_exists(claim):
    assert set(claim.datasets) <= set(PARAMS.datasets)
    assert set(claim.reports) <= {*PARAMS.tables, *PARAMS.figures}
    assert claim.kind in modules("reporting/claims/rules")
    known = [model for model in (*claim.better, *claim.than) if model in PARAMS.models]
    assert known, "no model of the claim is in params.yaml"
    assert claim.text["paper_consistent"] in ("yes", "no", "no numbers")


@pytest.mark.parametrize("claim", [claim for claim in CLAIMS if not claim.text["obstacle"]], ids=lambda claim: claim.id)
def test_a_claim_names_protocols_that_exist(claim):
    parts = [*claim.parts, *claim.agreeing, *(condition for _, condition in claim.conditions)]
    assert {name for part in parts for name in part.measure.protocols} <= PROTOCOLS


# The protocols that measure Fréchet distances. On docs/protocols.md, `generate` stands in the text and in no table.
DISTANCES = {"generate"}.union(*(protocols for protocols, metrics in documented() if "identifier" in metrics))


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_a_claim_asks_for_distances_where_they_are_measured(claim):
    parts = [*claim.parts, *claim.agreeing, *(condition for _, condition in claim.conditions)]
    for measure in (part.measure for part in parts):
        for protocol, name in re.findall(r"(?:([a-z0-9-]+)/)?((?:fvd|fid)-[a-z0-9]+)", measure.expression):
            assert ({protocol} if protocol else set(measure.protocols)) <= DISTANCES, name


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_a_rule_is_complete(claim):
    assert claim.seeds >= (5 if claim.kind in PAIRED else 3)
    assert bool(claim.pairs) == (claim.kind in PAIRED)
    assert bool(claim.than) == (claim.kind != "threshold")
    assert claim.text["pairs"] in (("all", "in order") if claim.kind in PAIRED else ("",))


def written(folder, *lines: dict) -> str:
    path = folder / "claims.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(lines)
    return path


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"looks": "sprites"}, "claim x-01: looks 'sprites' must be a data set of the claim and a number above 1"),
        ({"looks": "faces 2"}, "claim x-01: looks 'faces 2' must be a data set of the claim"),
        ({"looks": "sprites 1"}, "looks 'sprites 1' must be"),
        ({"looks": "sprites 2", "kind": "equivalence"}, "looks belongs to claims of superiority only; leave it empty"),
        ({"kind": "superior"}, "claim x-01: kind 'superior' has no rule; did you mean 'superiority'"),
        ({"direction": "up"}, "direction 'up' must be higher or lower"),
        ({"margin": "small"}, "margin 'small' must be a number"),
        ({"margin": "1; 2"}, "margin has 2 items, metric has 1"),
        ({"metric": ""}, "metric is empty"),
        ({"metric": "first of all"}, "is no expression of metrics"),
        ({"seeds": "many"}, "seeds 'many' must be a whole number"),
        ({"correction": "bonferroni"}, "correction 'bonferroni' must be one of holm"),
        ({"pairs": "in order", "than": "dsvae; s3vae"}, "as many models in better"),
        ({"preconditions": "ssim high"}, "'ssim high' is no condition"),
        ({"preconditions": "ours: predict/ssim > 1"}, "'ours' must be each, better, than"),
        ({"agreeing": "ssim"}, "agreeing 'ssim' must be"),
        ({"kind": "equivalence", "agreeing": "predict/ssim higher"}, "agreeing belongs to claims of superiority"),
        ({"kind": "threshold", "margin": "one half"}, "'one half' is no bound"),
    ],
)
def test_a_wrong_cell_is_one_line(tmp_path, columns, message):
    with pytest.raises(UserError) as error:
        read_claims(written(tmp_path, line(**columns)))
    assert message in str(error.value) and "\n" not in str(error.value)


def test_a_wrong_file_is_one_line(tmp_path):
    with pytest.raises(UserError, match="the claim x-01 is there twice"):
        read_claims(written(tmp_path, line(), line()))
    with pytest.raises(UserError, match="no claims there"):
        read_claims(tmp_path / "none.csv")
    (tmp_path / "claims.csv").write_text("id,paper\n")
    with pytest.raises(UserError, match="its columns must be id,paper,where"):
        read_claims(tmp_path / "claims.csv")
