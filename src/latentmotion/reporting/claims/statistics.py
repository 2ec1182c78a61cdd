"""The statistics behind the verdicts: paired t intervals, equivalence by two one-sided tests, Holm, pooled effects."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student
from scipy.stats import trim_mean

LEVEL = 0.05
RESAMPLES = 10_000


@dataclass(frozen=True)
class Interval:
    """A mean over training seeds and its confidence interval, in the unit of the values."""

    mean: float
    low: float
    high: float


def t_interval(values: Sequence[float], level: float = LEVEL) -> Interval:
    """Student's interval of the mean of n values, mean ± t_(1 - level/2, n-1) s / sqrt(n); of one value it is infinite.

    The usual 95 % interval has level 0.05; the interval of two one-sided tests has 90 %, so level 0.1.
    """
    mean = float(np.mean(values))
    if len(values) < 2:
        return Interval(mean, -math.inf, math.inf)
    half = float(student.ppf(1 - level / 2, len(values) - 1) * np.std(values, ddof=1) / math.sqrt(len(values)))
    return Interval(mean, mean - half, mean + half)


def t_test(values: Sequence[float]) -> float:
    """The two-sided p-value of Student's test that the mean of the values is 0; 1 for fewer than two values."""
    if len(values) < 2:
        return 1.0
    mean, error = float(np.mean(values)), float(np.std(values, ddof=1)) / math.sqrt(len(values))
    if error == 0:
        return 0.0 if mean else 1.0
    return float(2 * student.sf(abs(mean) / error, len(values) - 1))


def t_test_below(values: Sequence[float], bound: float) -> float:
    """The one-sided p-value of the t test that the mean of the values is below a bound; 1 for fewer than two values.

    It is below 0.05 exactly where the upper end of the 90 % interval is below the bound.
    """
    if len(values) < 2:
        return 1.0
    mean, error = float(np.mean(values)), float(np.std(values, ddof=1)) / math.sqrt(len(values))
    if error == 0:
        return 0.0 if mean < bound else 1.0
    return float(student.sf((bound - mean) / error, len(values) - 1))


def tost(values: Sequence[float], margin: float) -> float:
    """The p-value of two one-sided tests (Schuirmann, 1987) that the mean lies within ± margin: the larger of the two.

    It is below 0.05 exactly where the 90 % interval lies within ± margin.
    """
    return max(t_test_below([side * value for value in values], margin) for side in (1, -1))


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's adjusted p-values (1979) of a family of tests, in their order.

    The k-th smallest of m p-values is multiplied by m - k + 1, and no adjusted value is below one before it. A test
    that could not be made belongs to the family with p = 1, so that missing runs do not make the others easier.
    """
    order, highest = np.argsort(p_values, kind="stable"), 0.0
    adjusted = [1.0] * len(p_values)
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = highest
    return adjusted


def pooled(groups: Sequence[Sequence[float]]) -> Interval:
    """The interquartile mean over several groups of effects together, with its 95 % bootstrap interval.

    The interquartile mean is the mean of the middle half of all values (Agarwal et al., 2021). Seeds are drawn again
    within each group, which is one data set and one pair of models, so that no group gets more weight by chance. The
    draws have a constant seed.
    """
    generator = np.random.default_rng(0)
    drawn = [np.asarray(group, float)[generator.integers(len(group), size=(RESAMPLES, len(group)))] for group in groups]
    spread = trim_mean(np.concatenate(drawn, axis=1), 0.25, axis=1)
    low, high = np.quantile(spread, [LEVEL / 2, 1 - LEVEL / 2])
    return Interval(float(trim_mean(np.concatenate([np.asarray(g, float) for g in groups]), 0.25)), low, high)
