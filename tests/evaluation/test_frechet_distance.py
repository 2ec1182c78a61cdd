"""The Frechet distance of two sets of features: its arithmetic against closed forms, and what has none."""

import numpy as np
import pytest
from scipy.linalg import sqrtm

from latentmotion.evaluation.metrics.frechet_distance import between_gaussians, frechet_distance


@pytest.mark.parametrize("d", [1, 3, 40])
def test_diagonal_gaussians_have_a_closed_form(d):
    rng = np.random.default_rng(d)
    mean1, mean2, a, b = rng.normal(size=d), rng.normal(size=d), rng.uniform(0, 4, d), rng.uniform(0, 4, d)
    expected = ((mean1 - mean2) ** 2).sum() + ((np.sqrt(a) - np.sqrt(b)) ** 2).sum()
    assert between_gaussians(mean1, np.diag(a), mean2, np.diag(b)) == pytest.approx(expected, rel=1e-12)


def test_full_covariances_agree_with_a_root_of_the_product():
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(400, 20)) @ rng.normal(size=(20, 20)), rng.normal(size=(300, 20)) + 0.3
    one, two = np.cov(first, rowvar=False), np.cov(second, rowvar=False)
    expected = ((first.mean(0) - second.mean(0)) ** 2).sum() + np.trace(one + two - 2 * sqrtm(one @ two).real)
    assert frechet_distance(first, second) == pytest.approx(expected, rel=1e-10)
    assert frechet_distance(second, first) == pytest.approx(expected, rel=1e-10)


def test_covariances_that_commute_and_a_scale_have_closed_forms():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(50, 7)) @ rng.normal(size=(7, 7))
    trace = np.trace(np.cov(x, rowvar=False))
    assert frechet_distance(x, 3 * (x - x.mean(0)) + x.mean(0)) == pytest.approx(4 * trace, rel=1e-10)
    rotation, _ = np.linalg.qr(rng.normal(size=(7, 7)))
    a, b = rng.uniform(1, 2, 7), rng.uniform(1, 2, 7)
    turned = (rotation @ np.diag(a) @ rotation.T, rotation @ np.diag(b) @ rotation.T)
    zero = np.zeros(7)
    expected = ((np.sqrt(a) - np.sqrt(b)) ** 2).sum()
    assert between_gaussians(zero, turned[0], zero, turned[1]) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("n", [5, 400])
def test_a_shift_alone_is_its_square_even_where_covariances_are_singular(n):
    x = np.random.default_rng(2).normal(size=(n, 40))
    shift = np.linspace(-1, 1, 40)
    assert frechet_distance(x, x + shift) == pytest.approx((shift**2).sum(), rel=1e-6)
    assert 0 <= frechet_distance(x, x) < 1e-6 * np.trace(np.cov(x, rowvar=False))


def test_a_constant_feature_and_float32_lose_nothing():
    x = np.random.default_rng(3).normal(size=(300, 6)).astype(np.float32)
    x[:, 2] = 7.0
    assert frechet_distance(x + np.float32(1000), x + np.float32(1000)) < 1e-9
    assert frechet_distance(np.full((4, 3), 2.0), np.full((9, 3), 5.0)) == 27.0


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        (np.zeros((1, 3)), np.zeros((5, 3)), "N of 2 or more.*got \\(1, 3\\)"),
        (np.zeros(3), np.zeros((5, 3)), "got \\(3,\\)"),
        (np.zeros((5, 3)), np.zeros((5, 4)), "features of 3 and of 4 dimensions"),
        (np.zeros((5, 3)), np.full((5, 3), np.nan), "15 of 15 features are not finite"),
    ],
)
def test_what_has_no_distance_is_named(first, second, message):
    with pytest.raises(ValueError, match=message):
        frechet_distance(first, second)
