"""The statistics behind the verdicts, with known answers."""

import math

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from latentmotion.reporting.claims.statistics import holm, pooled, t_interval, t_test, t_test_below, tost

VALUES = [0.1, 0.3, 0.2, 0.4, 0.0]


def test_the_interval_is_students():
    found = t_interval(VALUES)
    low, high = ttest_1samp(VALUES, 0).confidence_interval(0.95)
    assert (found.mean, found.low, found.high) == pytest.approx((0.2, low, high))
    assert t_test(VALUES) == pytest.approx(ttest_1samp(VALUES, 0).pvalue)


def test_one_value_has_no_interval_and_decides_nothing():
    found = t_interval([0.3])
    assert (found.mean, found.low, found.high) == (0.3, -math.inf, math.inf)
    assert t_test([0.3]) == 1 and tost([0.0], 1) == 1


def test_equal_values_are_certain():
    assert t_test([0.2, 0.2]) == 0 and t_test([0.0, 0.0]) == 1
    assert tost([0.2, 0.2], 0.3) == 0 and tost([0.3, 0.3], 0.3) == 1


def test_holm_multiplies_the_smallest_most_and_keeps_the_order():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.02]) == [0.02] and holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([0.02, 1.0]) == pytest.approx([0.04, 1.0])  # a missing comparison stays in the family


@pytest.mark.parametrize("margin", [0.05, 0.2, 0.3, 0.36, 0.4, 1.0])
def test_tost_is_below_5_per_cent_where_the_90_per_cent_interval_is_within_the_margin(margin):
    for values in (VALUES, [-value for value in VALUES]):
        interval = t_interval(values, 0.1)
        assert (tost(values, margin) < 0.05) == (-margin < interval.low and interval.high < margin)


def test_the_one_sided_test_is_students():
    for bound in (0.1, 0.2, 0.4):
        expected = ttest_1samp(VALUES, bound, alternative="less").pvalue
        assert t_test_below(VALUES, bound) == pytest.approx(expected)
    assert t_test_below([0.1], 9.0) == 1 and t_test_below([0.1, 0.1], 0.2) == 0 and t_test_below([0.2, 0.2], 0.2) == 1


def test_pooled_effects_are_interquartile_means_and_repeatable():
    groups = [[0.0, 1.0, 2.0, 3.0], [10.0, 1.0, 2.0, -9.0]]
    found = pooled(groups)
    assert found.mean == pytest.approx(1.5)  # of 1, 1, 2, 2: the largest and the smallest do not count
    assert found.low < found.mean < found.high
    assert pooled(groups) == found


def test_two_looks_find_a_difference_by_chance_too_often_unless_p_is_doubled():
    """docs/claims.md states the share without the correction, 0.09."""
    draws = np.random.default_rng(0).normal(size=(4000, 15))
    looks = np.array([(t_test(seeds[:5]), t_test(seeds)) for seeds in draws])
    assert np.mean((looks < 0.05).any(1)) == pytest.approx(0.09, abs=0.015)
    assert np.mean((2 * looks < 0.05).any(1)) < 0.055
