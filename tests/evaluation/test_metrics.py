"""Metrics against closed forms, brute force and each other."""

import math

import numpy as np
import pytest

from latentmotion.evaluation.metrics.accuracy import accuracy
from latentmotion.evaluation.metrics.entropies import entropies
from latentmotion.evaluation.metrics.inception_score import inception_score


def draws(n: int = 200, classes: int = 9, sharpness: float = 0.3) -> np.ndarray:
    return np.random.default_rng(0).dirichlet(np.full(classes, sharpness), n)


def brute(p: np.ndarray) -> tuple[float, float, float]:
    mean = [sum(row[k] for row in p) / len(p) for k in range(p.shape[1])]
    conditional = -sum(v * math.log(v) for row in p for v in row if v > 0) / len(p)
    marginal = -sum(v * math.log(v) for v in mean if v > 0)
    divergence = sum(v * math.log(v / m) for row in p for v, m in zip(row, mean, strict=True) if v > 0) / len(p)
    return conditional, marginal, math.exp(divergence)


@pytest.mark.parametrize("p", [draws(), draws(1), np.eye(6)[[0, 0, 3, 5]]], ids=["random", "single", "one-hot"])
def test_entropies_and_score_equal_brute_force(p):
    conditional, marginal, score = brute(p)
    assert entropies(p) == pytest.approx((conditional, marginal), abs=1e-12)
    assert inception_score(p) == pytest.approx(score, rel=1e-12)


@pytest.mark.parametrize("sharpness", [0.01, 0.3, 10.0])
def test_score_is_exp_of_the_difference_of_entropies(sharpness):
    p = draws(sharpness=sharpness)
    conditional, marginal = entropies(p)
    assert 0 <= conditional <= marginal <= math.log(9)
    assert inception_score(p) == pytest.approx(math.exp(marginal - conditional), rel=1e-12)


@pytest.mark.parametrize("classes", [2, 6, 9])
def test_ceilings_and_floors(classes):
    perfect, uniform, collapsed = np.eye(classes), np.full((5, classes), 1 / classes), np.eye(classes)[[1, 1, 1]]
    assert entropies(perfect) == pytest.approx((0, math.log(classes)))
    assert inception_score(perfect) == pytest.approx(classes)
    assert entropies(uniform) == pytest.approx((math.log(classes), math.log(classes)))
    assert inception_score(uniform) == pytest.approx(1)
    assert entropies(collapsed) == (0, 0)
    assert inception_score(collapsed) == 1


def test_half_precision_input_does_not_lose_the_sum():
    p = np.tile(draws(1), (5000, 1)).astype(np.float16)
    assert inception_score(p) == pytest.approx(1, abs=1e-12)


def test_order_and_batching_do_not_matter():
    p, labels = draws(), np.arange(200) % 9
    order = np.random.default_rng(1).permutation(200)
    assert accuracy(p[order], labels[order]) == accuracy(p, labels)
    assert entropies(p[order]) == pytest.approx(entropies(p), rel=1e-12)
    assert inception_score(p[order]) == pytest.approx(inception_score(p), rel=1e-12)


def test_accuracy_counts():
    p = np.array([[0.9, 0.1], [0.4, 0.6], [0.5, 0.5], [0.2, 0.8]])
    assert accuracy(p, np.array([0, 1, 0, 0])) == 0.75
    assert accuracy(np.log(p), np.array([0, 1, 0, 0])) == 0.75


@pytest.mark.parametrize("p, labels", [(np.ones((3, 2)), np.zeros(2)), (np.ones((0, 2)), np.zeros(0))])
def test_arrays_that_do_not_fit_are_refused(p, labels):
    with pytest.raises(ValueError, match="need"):
        accuracy(p, labels)


def test_nothing_to_score_is_refused():
    for metric in (entropies, inception_score):
        with pytest.raises(ValueError, match="N > 0"):
            metric(np.ones((0, 3)))
