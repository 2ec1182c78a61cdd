"""Each kind of rule on made-up records: what is upheld, contradicted and undecided, and why."""

import pytest
from support.claims import CLASSES, claim, evidence, metrics, real, record, runs

from latentmotion.reporting.claims.findings import Verdict
from latentmotion.reporting.claims.pairs import LOOKS, OTHER_NETWORKS, OTHER_PRECISION, SATURATED
from latentmotion.reporting.claims.verdicts import Judged, judge

ACTION = "motion-swap/action_accuracy"
HIGH, LOW = [0.80, 0.82, 0.81, 0.79, 0.80], [0.50, 0.52, 0.52, 0.49, 0.51]
BARELY = [0.51, 0.62, 0.55, 0.58, 0.57]  # above LOW with p between 0.025 and 0.05


def compared(first, second, *more: dict, **columns) -> Judged:
    """The verdict on a claim that compares HALO with DSVAE, whose runs have these values of a metric."""
    wanted = claim(**columns)
    name = f"{wanted.parts[0].measure.protocols[0]}/{wanted.parts[0].measure.expression}"
    return judge(wanted, evidence(real(), *runs("halo", name, first), *runs("dsvae", name, second), *more))


def reasons(found: Judged) -> set[str]:
    return {reason.text for one in found.findings for reason in one.reasons}


def test_superiority_is_upheld_contradicted_or_undecided():
    found = compared(HIGH, LOW)
    assert found.verdict == Verdict.UPHELD and reasons(found) == set()
    assert found.findings[0].effect.mean == pytest.approx(0.296) and found.findings[0].seeds == 5
    assert compared(LOW, HIGH).verdict == Verdict.CONTRADICTED
    found = compared([0.5, 0.6, 0.7, 0.5, 0.6], [0.6, 0.5, 0.6, 0.6, 0.6])
    assert found.verdict == Verdict.UNDECIDED and reasons(found) == {"the difference may be chance"}


def test_a_sure_difference_below_the_margin_decides_nothing():
    found = compared([value + 0.01 for value in LOW], LOW)
    assert found.verdict == Verdict.UNDECIDED and reasons(found) == {"the difference is not beyond 0.02"}


def test_an_advantage_that_can_be_excluded_is_contradicted():
    """Seeds that differ little exclude an advantage of 0.02; seeds that differ more leave it open."""
    equal = [0.5, 0.51, 0.5, 0.52, 0.49], [0.5, 0.515, 0.495, 0.52, 0.49]
    excluded = "no advantage was found, and one of 0.02 can be excluded"
    found = compared(*equal)
    assert found.verdict == Verdict.CONTRADICTED and reasons(found) == {excluded}
    assert compared(*equal, margin="0.002").verdict == Verdict.UNDECIDED
    assert compared(*equal, margin="0").verdict == Verdict.UNDECIDED  # no effect is too small for such a claim
    assert found.findings[0].remarks == ()
    found = compared([1.0] * 5, [1.0] * 5)
    assert reasons(found) == {excluded} and found.findings[0].remarks == (SATURATED,)


def test_an_advantage_is_excluded_only_after_equal_trainings():
    more = runs("dsvae", ACTION, [0.5] * 5, seen={"sequences": 32000})
    found = compared([0.5] * 5, [0.5] * 5, *more)
    assert found.verdict == Verdict.UNDECIDED
    assert reasons(found) == {"has seen 32,000 training sequences, the other model 1,600"}


def test_a_lower_metric_is_better_where_the_claim_says_so():
    assert compared(LOW, HIGH, direction="lower").verdict == Verdict.UPHELD


def test_a_margin_in_per_cent_compares_ratios():
    found = compared([10, 11, 12, 10, 11], [20, 21, 25, 20, 22], protocol="generate", metric="fvd-judge",
                     direction="lower", margin="20 %")  # fmt: skip
    assert found.verdict == Verdict.UPHELD and found.findings[0].is_ratio
    found = compared([18, 19, 20, 18, 19], [20, 21, 22, 20, 21], protocol="generate", metric="fvd-judge",
                     direction="lower", margin="20 %")  # fmt: skip
    assert reasons(found) == {"the difference is not beyond 20 %"}


def test_too_few_seeds_decide_nothing():
    found = compared(HIGH[:3], LOW[:3])
    assert found.verdict == Verdict.UNDECIDED and reasons(found) == {"3 of 5 common seeds"}
    assert found.findings[0].effect.mean == pytest.approx(0.2967, abs=1e-3)  # shown all the same


def test_only_common_seeds_are_paired():
    """Seed by seed HALO is ahead by exactly 0.1; seeds that one model lacks would turn the mean around."""
    values = {seed: 0.1 * seed for seed in range(5)}
    first = [record("halo", s, metrics=metrics({ACTION: v + 0.1})) for s, v in reversed(values.items())]
    second = [record("dsvae", s, metrics=metrics({ACTION: v})) for s, v in values.items()]
    alone = [record("dsvae", seed, metrics=metrics({ACTION: 9.0})) for seed in (7, 8, 9)]
    found = judge(claim(), evidence(real(), *first, *alone, *second)).findings[0]
    assert found.verdict == Verdict.UPHELD and found.effects == pytest.approx([0.1] * 5)
    assert list(found.values["dsvae"]) == [0, 1, 2, 3, 4]


def test_a_run_that_has_not_learnt_decides_nothing():
    other = runs("dsvae", ACTION, LOW[:1], learnt=False, learnt_why="predict/mse is 3, bar 1")
    found = compared(HIGH, LOW, *other)
    assert found.verdict == Verdict.UNDECIDED
    assert reasons(found) == {"seed 0 has not learnt (predict/mse is 3, bar 1)"}


def test_a_record_that_does_not_state_it_counts_as_not_learnt():
    unstated = [{key: value for key, value in run.items() if key != "learnt"} for run in runs("dsvae", ACTION, LOW)]
    found = compared(HIGH, LOW, *unstated)
    assert found.verdict == Verdict.UNDECIDED
    assert reasons(found) == {"no record states that the run has learnt"}


def test_a_weak_judge_decides_nothing_and_an_unused_one_does_not_matter():
    def judged_by(label: str) -> list[dict]:
        weak = {label: {"test_accuracy": 0.9, "floor": 0.99, "weak": True}}
        return runs("halo", ACTION, HIGH, judges=weak)

    found = compared(HIGH, LOW, *judged_by("action"))
    assert reasons(found) == {"the judge of action has an accuracy of 0.900, below its floor of 0.99"}
    assert compared(HIGH, LOW, *judged_by("hair")).verdict == Verdict.UPHELD


def test_a_metric_that_is_missing_is_named():
    found = compared(HIGH, LOW, *runs("dsvae", "motion-swap/other", LOW))
    assert found.verdict == Verdict.UNDECIDED
    assert reasons(found) == {"not measured: action_accuracy (motion-swap)"}


@pytest.mark.parametrize(
    ("metric", "other", "named"),
    [
        ("motion-swap/action_accuracy", {"judges": {"action": "b"}}, "judge of action"),
        ("motion-swap/action_accuracy", {"judges": {"action": "a", "hair": "b"}}, ""),
        ("motion-swap/action_accuracy", {"video_networks": {"fvd-judge": "b"}}, ""),
        ("generate/fvd-judge", {"video_networks": {"fvd-judge": "b"}}, "fvd-judge"),
        ("generate/fvd-judge", {"video_networks": {"fvd-judge": "a"}}, ""),
        ("frame-distance/fid-judge", {"judges": {"hair": "b"}}, "judge of hair"),
        ("frame-distance/fid-judge", {"judges": {"action": "b"}}, ""),
    ],
)
def test_runs_that_another_network_has_scored_decide_nothing(metric, other, named):
    def scored(records, judges, video_networks):
        good = {"test_accuracy": 0.995, "floor": 0.99, "weak": False}
        judged = {label: good | {"weights": judges.get(label, "a")} for label in CLASSES}
        networks = {name: {"weights": weights} for name, weights in video_networks.items()}
        added = {"judges": judged, "video_networks": networks, "settings": {"frame_label": "hair"}}
        return [found | added for found in records]

    first = scored([real(), *runs("halo", metric, HIGH)], {}, {"fvd-judge": "a"})
    second = scored(runs("dsvae", metric, LOW), **{"judges": {}, "video_networks": {}} | other)
    protocol, _, name = metric.partition("/")
    found = judge(claim(protocol=protocol, metric=name), evidence(*first, *second))
    expected = {f"different networks have scored what is compared: {named}"} if named else set()
    assert {text for text in reasons(found) if text.startswith("different networks")} == expected
    assert (found.verdict == Verdict.UNDECIDED) == bool(named)


def test_seeds_may_be_scored_by_different_networks_and_the_models_of_a_seed_may_not():
    def scored(records, weights):
        judges = [{"test_accuracy": 0.995, "floor": 0.99, "weak": False, "weights": name} for name in weights]
        pairs = zip(records, judges, strict=True)
        return [found | {"judges": dict.fromkeys(CLASSES, judge)} for found, judge in pairs]

    first = scored(runs("halo", ACTION, HIGH), "aaabb")
    found = judge(claim(), evidence(real(), *first, *scored(runs("dsvae", ACTION, LOW), "aaabb")))
    assert found.verdict == Verdict.UPHELD and found.findings[0].remarks == (OTHER_NETWORKS,)
    found = judge(claim(), evidence(real(), *first, *scored(runs("dsvae", ACTION, LOW), "aabbb")))
    assert reasons(found) == {"different networks have scored what is compared: judge of action"}
    assert found.findings[0].remarks == ()


@pytest.mark.parametrize(("bound", "decided"), [("0.9 of real", False), ("chance + 0.3", True), ("0.7", True)])
def test_a_bound_of_real_data_is_that_of_the_same_judge(bound, decided):
    def scored(records, weights):
        judge = {"test_accuracy": 0.995, "floor": 0.99, "weak": False, "weights": weights}
        return [found | {"judges": dict.fromkeys(CLASSES, judge)} for found in records]

    records = scored([real()], "a") + scored(runs("halo", ACTION, [0.95, 0.96, 0.97]), "b")
    found = judge(claim(kind="threshold", than="", margin=bound, seeds="3"), evidence(*records))
    assert (found.verdict == Verdict.UPHELD) == decided


@pytest.mark.parametrize(("computed", "said"), [(["float32"], True), (["bfloat16"], False), ([], False)])
def test_a_comparison_says_where_the_models_were_trained_in_different_precisions(computed, said):
    def trained(records, precisions):
        training = {"settings": {"compute": {"precision": "bfloat16"}}, "precisions": precisions}
        return [found | {"training": found["training"] | training} for found in records]

    first, second = trained(runs("halo", ACTION, HIGH), ["bfloat16"]), trained(runs("dsvae", ACTION, LOW), computed)
    found = judge(claim(), evidence(real(), *first, *second))
    assert (OTHER_PRECISION in found.findings[0].remarks) == said and found.verdict == Verdict.UPHELD


def test_missing_records_and_models_are_told_apart():
    only = evidence(real(), *runs("halo", ACTION, HIGH))
    assert reasons(judge(claim(), only)) == {"no record"}
    assert reasons(judge(claim(than="dsvae-large"), only)) == {"params.yaml does not train it"}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"status": "failed (out of memory)", "metrics": []}, "seed 0: failed (out of memory)"),
        ({"data": "other"}, "made from other data than the record of the real data"),
        ({"training": {"settings": {"training": {"steps": 1, "batch": 1}}}}, "the seeds were trained with different"),
    ],
)
def test_runs_that_do_not_belong_together_decide_nothing(changes, reason):
    found = compared(HIGH, LOW, *runs("dsvae", ACTION, LOW[:1], **changes))
    assert found.verdict == Verdict.UNDECIDED and any(text.startswith(reason) for text in reasons(found))


def test_records_of_another_split_or_scale_are_no_evidence():
    for changes in ({"split": "validation"}, {"scale": "tiny"}):
        assert reasons(judge(claim(), evidence(*runs("halo", ACTION, HIGH, **changes)))) == {"no record"}


def test_the_model_ahead_must_not_have_seen_more():
    def more(model: str, values: list[float]) -> list[dict]:
        return runs(model, ACTION, values, seen={"sequences": 32000})

    found = compared(HIGH, LOW, *more("halo", HIGH))
    assert reasons(found) == {"has seen 32,000 training sequences, the other model 1,600"}
    assert compared(HIGH, LOW, *more("dsvae", LOW)).verdict == Verdict.UPHELD  # ahead although it has seen less


def test_agreeing_measures_must_be_on_the_same_side():
    def given(first: float, second: float) -> Judged:
        models = {"halo": (HIGH, first), "dsvae": (LOW, second)}
        records = [
            record(model, seed, metrics=metrics({ACTION: value, "predict/mse": error}))
            for model, (values, error) in models.items()
            for seed, value in enumerate(values)
        ]
        return judge(claim(agreeing="predict/mse lower"), evidence(real(), *records))

    assert given(0.1, 0.2).verdict == Verdict.UPHELD
    assert reasons(given(0.2, 0.1)) == {"mse (predict) is on the other side"}
    found = compared(HIGH, LOW, agreeing="predict/mse lower")
    assert found.verdict == Verdict.UPHELD
    assert found.findings[0].remarks == ("mse (predict) is not measured in both models",)


def test_preconditions_of_a_claim():
    found = compared(HIGH, LOW, preconditions=f"{ACTION} > 0.55")
    assert reasons(found) == {"action_accuracy (motion-swap) is 0.5, 0.52, 0.52, 0.49, 0.51 (seeds 0, 1, 2, 3, 4), not "
                              "above 0.55"}  # fmt: skip
    assert compared(HIGH, LOW, preconditions=f"better: {ACTION} > 0.55").verdict == Verdict.UPHELD
    assert reasons(compared(HIGH, LOW, preconditions="predict/mse < 1")) == {"not measured: mse (predict)"}
    assert compared(HIGH, LOW, preconditions="halfway").verdict == Verdict.UPHELD
    found = compared([0.3, 0.31, 0.32, 0.3, 0.3], [0.2, 0.21, 0.19, 0.2, 0.2], preconditions="halfway")
    assert reasons(found) == {"neither is halfway from chance to the judge in action_accuracy (motion-swap)"}


def test_holm_is_stricter_than_each_comparison_alone():
    rivals = [*runs("dsvae", ACTION, LOW), *runs("s3vae", ACTION, LOW), *runs("mocogan", ACTION, LOW)]
    records = evidence(real(), *runs("halo", ACTION, BARELY), *rivals)
    alone = judge(claim(than="dsvae; s3vae; mocogan", margin="0"), records)
    together = judge(claim(than="dsvae; s3vae; mocogan", margin="0", correction="holm"), records)
    assert alone.verdict == Verdict.UPHELD and 0.05 / 3 < alone.findings[0].p < 0.05
    assert together.verdict == Verdict.UNDECIDED
    assert [one.p for one in together.findings] == pytest.approx([3 * one.p for one in alone.findings])


def test_a_second_look_doubles_p():
    once, twice = compared(BARELY, LOW, margin="0"), compared(BARELY, LOW, margin="0", looks="sprites 2")
    assert once.verdict == Verdict.UPHELD and 0.025 < once.findings[0].p < 0.05
    assert twice.verdict == Verdict.UNDECIDED and twice.findings[0].p == pytest.approx(2 * once.findings[0].p)
    assert twice.findings[0].remarks == (LOOKS.format(2),) and not once.findings[0].remarks
    elsewhere = compared(BARELY, LOW, margin="0", looks="faces 2", datasets="sprites; faces")
    assert elsewhere.findings[0].p == once.findings[0].p
    assert compared(LOW, LOW, looks="sprites 3").findings[0].p == 1


def test_equivalence_needs_the_interval_within_the_margin():
    near = [value + gap for value, gap in zip(LOW, [0.001, -0.002, 0.002, 0.0, -0.001], strict=True)]
    assert compared(near, LOW, kind="equivalence", margin="0.03").verdict == Verdict.UPHELD
    assert compared(HIGH, LOW, kind="equivalence", margin="0.03").verdict == Verdict.CONTRADICTED
    wide = [0.5, 0.6, 0.4, 0.55, 0.5]
    found = compared(wide, LOW, kind="equivalence", margin="0.03")
    assert found.verdict == Verdict.UNDECIDED
    assert reasons(found) == {"the interval is neither within ± 0.03 nor outside"}
    assert compared(near[:3], LOW[:3], kind="equivalence", margin="0.03").verdict == Verdict.UNDECIDED


def test_equivalence_needs_equal_budgets():
    more = runs("halo", ACTION, LOW, seen={"sequences": 1})
    found = compared(LOW, LOW, *more, kind="equivalence", margin="0.03")
    assert reasons(found) == {"has seen 1,600 training sequences, the other model 1"}


def test_non_inferiority_looks_at_the_worse_end():
    columns = {"kind": "non_inferiority", "margin": "10 %", "direction": "lower", "metric": "mse"}
    errors = [0.10, 0.11, 0.12, 0.10, 0.11]
    slightly = [value * gap for value, gap in zip(errors, [1.02, 1.01, 1.03, 1.02, 1.02], strict=True)]
    assert compared(slightly, errors, **columns).verdict == Verdict.UPHELD
    assert compared([value * 2 for value in slightly], errors, **columns).verdict == Verdict.CONTRADICTED
    wide = [value * gap for value, gap in zip(errors, [0.8, 1.4, 1.0, 1.2, 0.9], strict=True)]
    assert reasons(compared(wide, errors, **columns)) == {"the interval contains the margin of 10 %"}


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ([0.95, 0.96, 0.94], Verdict.UPHELD),
        ([0.5, 0.6, 0.4], Verdict.CONTRADICTED),
        ([0.95, 0.6, 0.94], Verdict.MIXED),
        ([0.95, 0.96], Verdict.UNDECIDED),
    ],
)
def test_a_threshold_is_for_every_seed(values, verdict):
    wanted = claim(kind="threshold", than="", pairs="", margin="0.9 of real", seeds="3")
    found = judge(wanted, evidence(real(), *runs("halo", ACTION, values)))
    assert found.verdict == verdict and found.findings[0].bound == "at least 0.891"
    assert reasons(found) == ({"2 of 3 seeds"} if len(values) == 2 else set())


def test_a_threshold_without_its_bound_is_undecided():
    wanted = claim(kind="threshold", than="", pairs="", margin="copy/ssim", seeds="3")
    found = judge(wanted, evidence(real(), *runs("halo", ACTION, HIGH)))
    assert reasons(found) == {"not measured: copy/ssim, with which action_accuracy (motion-swap) is compared"}


def test_a_contrast_needs_both_sides():
    wanted = claim(kind="contrast", pairs="", direction="lower", margin="1e-4", margin_than="1e-2", seeds="3")

    def given(ours: float, theirs: float) -> Verdict:
        return judge(wanted, evidence(*runs("halo", ACTION, [ours] * 3), *runs("dsvae", ACTION, [theirs] * 3))).verdict

    assert given(1e-6, 0.5) == Verdict.UPHELD
    assert given(1e-6, 1e-3) == Verdict.CONTRADICTED  # the other one does it too
    assert given(0.5, 0.5) == Verdict.CONTRADICTED
