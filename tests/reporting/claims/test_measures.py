"""Expressions of metrics, bounds and conditions: what they mean, and what they refuse."""

import pytest
from support.claims import metrics, real, record

from latentmotion.core.errors import UserError
from latentmotion.reporting.claims.measures import Condition, Measure, check_bound, check_expression, resolve

RECORD = record(
    "halo",
    0,
    metrics=metrics(
        {
            "motion-swap/action_accuracy": 0.8,
            "motion-swap/body_accuracy": 0.6,
            "motion-swap/hair_accuracy": 0.9,
            "generate/action_accuracy": 0.5,
            "generate/fvd-judge:2048x16:32px": 40.0,
            "other-time-steps/fvd-judge:2048x16:32px:half": 30.0,
            "other-time-steps/fvd-judge:2048x16:32px:forward": 20.0,
            "likelihood/target": 3.0,
            "likelihood/log_p": 2.0,
            "likelihood/train_log_p": 2.5,
        }
    ),
)


@pytest.mark.parametrize(
    ("protocol", "expression", "value"),
    [
        ("motion-swap", "action_accuracy", 0.8),
        ("generate", "fvd-judge", 40.0),
        ("other-time-steps", "fvd-judge:half / fvd-judge:forward", 1.5),
        ("other-time-steps", "fvd-judge:double", None),
        ("motion-swap", "lowest({content}_accuracy)", 0.6),
        ("motion-swap", "mean(action_accuracy, {content}_accuracy)", pytest.approx(2.3 / 3)),
        ("motion-swap", "highest(body_accuracy, generate/action_accuracy)", 0.6),
        ("likelihood", "target - log_p", 1.0),
        ("likelihood", "target - log_p - train_log_p + log_p", 0.5),
        ("likelihood", "target / log_p", 1.5),
        ("motion-swap", "digit_accuracy", None),
        ("motion-swap", "mean(action_accuracy, digit_accuracy)", None),
        ("likelihood", "target - elbo", None),
    ],
)
def test_expressions(protocol, expression, value):
    check_expression(expression)
    assert Measure((protocol,), expression).of(RECORD) == value


def test_the_first_protocol_that_has_the_metric_counts():
    assert Measure(("motion-prior", "generate", "motion-swap"), "action_accuracy").of(RECORD) == 0.5


@pytest.mark.parametrize(
    ("bound", "value"),
    [
        ("0.8", 0.8),
        ("0.9 of real", pytest.approx(0.891)),
        ("chance + 0.05", pytest.approx(1 / 9 + 0.05)),
        ("halfway", pytest.approx((1 / 9 + 0.99) / 2)),
        ("1.25 of network.kappa", 0.125),
        ("copy/ssim", 0.7),
        ("0.5 of copy/ssim - 0.1", pytest.approx(0.25)),
        ("copy/psnr", None),
    ],
)
def test_bounds(bound, value):
    check_bound(bound)
    measure = Measure(("motion-swap",), "action_accuracy")
    assert resolve(bound, measure, RECORD, real(**{"copy/ssim": 0.7})) == value


def test_bounds_need_the_record_of_the_real_data():
    measure = Measure(("motion-swap",), "action_accuracy")
    assert resolve("halfway", measure, RECORD, None) is None
    assert resolve("0.3", measure, RECORD, None) == 0.3


def test_only_judged_metrics_depend_on_judges():
    assert Measure(("motion-swap",), "lowest({content}_accuracy)").judged(RECORD) == {"body", "hair"}
    assert Measure(("motion-prior",), "action_h_y_given_x").judged(RECORD) == {"action"}
    assert Measure(("long-roll-out",), "body_same").judged(RECORD) == {"body"}
    assert Measure(("digit-windows",), "same_body").judged(RECORD) == {"body"}
    assert Measure(("leakage",), "body_from_motion").judged(RECORD) == set()
    assert Measure(("predict",), "ssim").judged(RECORD) == set()


def test_a_measure_fits_a_data_set_that_has_its_labels():
    assert Measure(("motion-swap",), "body_accuracy").fits(real())
    assert not Measure(("motion-swap",), "identity_accuracy").fits(real())
    assert Measure(("motion-swap",), "identity_accuracy").fits(None)
    assert Measure(("category",), "category_accuracy").fits(real())  # no judge decides it
    assert not Measure(("motion-swap",), "lowest({content}_accuracy)").fits(real() | {"classes": {"action": 9}})


def test_conditions_are_read():
    found = Condition.parse("motion-prior | generate/action_accuracy > halfway")
    assert found.measure == Measure(("motion-prior", "generate"), "action_accuracy")
    assert found.holds(0.6, 0.5) and not found.holds(0.5, 0.5)
    assert Condition.parse("likelihood/target - log_p < 0.1").values(RECORD, None) == (1.0, 0.1)


@pytest.mark.parametrize("text", ["ssim > 1", "predict/ssim >= 1", "predict/ss im > 1", "predict/ssim > one half"])
def test_a_text_that_is_no_condition_is_refused(text):
    with pytest.raises(UserError, match="is no "):
        Condition.parse(text)
