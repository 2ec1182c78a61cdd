"""How the verdicts of data sets and scales add up."""

import pytest
from support.claims import PLANNED, claim, evidence, real, record, runs
from support.titles import TITLES

from latentmotion.core.source_code import modules
from latentmotion.reporting.claims.evidence import Evidence
from latentmotion.reporting.claims.findings import Verdict, on_one_dataset, over_datasets
from latentmotion.reporting.claims.texts import why
from latentmotion.reporting.claims.verdicts import judge, judge_all
from latentmotion.reporting.titles import Titles

U, C, M, Q, N = Verdict
ACTION = "motion-swap/action_accuracy"
HIGH, LOW = [0.80, 0.82, 0.81, 0.79, 0.80], [0.50, 0.52, 0.52, 0.49, 0.51]


@pytest.mark.parametrize(
    ("verdicts", "whole"),
    [([U, U], U), ([U, Q], Q), ([C, Q], C), ([C, U], M), ([M, U], M), ([], Q), ([N], N), ([N, Q], Q)],
)
def test_on_one_data_set_every_comparison_counts(verdicts, whole):
    assert on_one_dataset(verdicts) == whole


@pytest.mark.parametrize(
    ("verdicts", "whole"), [([U, Q], U), ([C, Q], C), ([U, C], M), ([Q, N], Q), ([N], N), ([], Q), ([U, N], U)]
)
def test_over_data_sets_those_count_that_can_be_decided(verdicts, whole):
    assert over_datasets(verdicts) == whole


def both(dataset: str, first: list[float], second: list[float]) -> list[dict]:
    return [real(dataset), *runs("halo", ACTION, first, dataset), *runs("dsvae", ACTION, second, dataset)]


def test_each_data_set_has_its_verdict_and_effects_are_pooled():
    given = evidence(*both("sprites", HIGH, LOW), *both("faces-drawn", HIGH[::-1], LOW))
    found = judge(claim(datasets="sprites; faces"), given)
    assert found.by_dataset == {"sprites": U, "faces-drawn": U} and found.verdict == U
    assert 0.2 < found.pooled.low < found.pooled.mean < found.pooled.high < 0.4
    found = judge(claim(datasets="sprites; faces"), evidence(*both("sprites", HIGH, LOW)))
    assert found.by_dataset == {"sprites": U, "faces": Q} and found.verdict == U and found.pooled is None


def test_a_claim_on_real_data_is_not_decided_by_drawn_data():
    wanted = claim(datasets="faces", preconditions="real data")
    assert judge(wanted, evidence(*both("faces-drawn", HIGH, LOW))).verdict == N
    assert judge(wanted, evidence(*both("faces", HIGH, LOW))).verdict == U


def test_an_obstacle_is_said_and_nothing_is_computed():
    found = judge(claim(obstacle="there is no such data"), evidence(*both("sprites", HIGH, LOW)))
    assert found.verdict == N and found.findings == () and found.reasons[0].text == "there is no such data"


def test_pairs_in_order_are_compared_where_they_are_trained():
    wanted = claim(better="halo; mocogan", than="dsvae; s3vae", pairs="in order", datasets="sprites; faces")
    found = judge(wanted, evidence(*both("sprites", HIGH, LOW), *both("faces", HIGH, LOW)))
    compared = {(one.dataset, one.better, one.than) for one in found.findings}
    assert compared == {("sprites", "halo", "dsvae"), ("sprites", "mocogan", "s3vae"), ("faces", "halo", "dsvae")}
    assert found.by_dataset == {"sprites": Q, "faces": U}


def test_the_first_scale_that_decides_counts_and_scales_do_not_mix():
    quick = evidence(*both("sprites", HIGH[:3], LOW[:3]))
    changed = [one | {"scale": "paper"} for one in both("sprites", LOW, HIGH)]
    paper = Evidence.of("paper", changed, PLANNED)
    (found,) = judge_all([claim()], [quick, paper])
    assert (found.verdict, found.scale) == (C, "paper")  # quick cannot decide it
    (found,) = judge_all([claim()], [evidence(*both("sprites", HIGH, LOW)), paper])
    assert (found.verdict, found.scale) == (U, "quick")
    (found,) = judge_all([claim()], [Evidence.of("paper", [], PLANNED), quick])
    assert (found.verdict, found.scale) == (Q, "quick")  # none decides it, and quick has records
    drawn = evidence(*both("faces-drawn", HIGH, LOW))
    about_real = claim(datasets="faces", preconditions="real data")
    (found,) = judge_all([about_real], [Evidence.of("paper", [], PLANNED), drawn])
    assert (found.verdict, found.scale) == (N, "quick")  # nor can quick, and it says why


@pytest.mark.parametrize("kind", modules("reporting/claims/rules"))
def test_a_claim_without_any_run_is_undecided(kind):
    found = judge(claim(kind=kind, better="hgan", than="hgn", datasets="two_body"), evidence(record("real", 0)))
    assert found.verdict == Q and found.by_dataset == {"two_body": Q} and found.findings == ()
    assert (
        why(found, Titles.of({"titles": TITLES}))
        == "two body: undecided (no model and no measure of the claim belong to it)"
    )
