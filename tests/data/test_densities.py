"""Densities in the plane: their normalisation, samples and entropy against quadrature, and datasets of their points."""

import json

import numpy as np
import pytest
from support.flows import plane, settings

from latentmotion.core.errors import UserError
from latentmotion.data.datasets import modes, ring
from latentmotion.data.densities import Rings, entropy, of_facts
from latentmotion.data.points import prepare

DENSITIES = {"ring": ring.DENSITY, "rings": Rings((0.4, 1.5), 0.3), "modes": modes.DENSITY}


@pytest.mark.parametrize("name", DENSITIES)
def test_densities_are_normalised_and_sampled(name):
    density = DENSITIES[name]
    x, area = plane(4.0, 800)
    p = np.exp(density.log_density(x)) * area
    assert p.sum() == pytest.approx(1, abs=2e-3)
    sample = density.sample(20000, 5)
    assert np.array_equal(sample[:100], density.sample(100, 5)), "a point depends on how many there are"
    for moment in (lambda x: x[:, 0], lambda x: x[:, 0] ** 2, lambda x: np.cos(3 * x[:, 1]), lambda x: x.prod(1) ** 2):
        values = moment(sample)
        assert values.mean() == pytest.approx((moment(x) * p).sum(), abs=5 * values.std() / len(values) ** 0.5)


@pytest.mark.parametrize("name", DENSITIES)
def test_the_entropy_is_the_mean_of_minus_the_log_density(name):
    density = DENSITIES[name]
    values = -density.log_density(density.sample(20000, 5))
    assert entropy(density) == pytest.approx(values.mean(), abs=4 * values.std() / len(values) ** 0.5)
    assert entropy(density, 300) == pytest.approx(entropy(density), abs=0.01)


def test_only_rings_are_invariant():
    x, turn = np.random.default_rng(0).normal(size=(50, 2)), np.array([[0.6, -0.8], [0.8, 0.6]])
    for density in DENSITIES.values():
        same = np.allclose(density.log_density(x), density.log_density(x @ turn.T))
        assert same == density.invariant == isinstance(density, Rings)


def test_a_density_survives_its_facts():
    for density in DENSITIES.values():
        facts = {"density": json.loads(json.dumps({"kind": type(density).__name__, **vars(density)}))}
        x = np.random.default_rng(0).normal(size=(9, 2))
        assert np.array_equal(of_facts(facts).log_density(x), density.log_density(x))
    assert of_facts({}) is None


@pytest.mark.parametrize(
    ("wrong", "message"),
    [({"source": "drawn"}, "source': points"), ({"frames": 2}, "frames': 2, but"), ({"size": 8}, "size': 8, but")],
)
def test_impossible_datasets_are_refused(wrong, message):
    with pytest.raises(UserError, match=message):
        prepare("ring", ring.DENSITY, settings(**wrong))
