"""The protocols likelihood and symmetry, measured on a small Hamiltonian flow."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal
from support.flows import POINT, make, marginal, settings

from latentmotion.data.datasets import ring
from latentmotion.data.densities import entropy
from latentmotion.data.points import prepare
from latentmotion.data.prepared import PreparedDataset
from latentmotion.data.sequences import write
from latentmotion.evaluation.protocols import base as protocols
from latentmotion.evaluation.protocols import likelihood, symmetry
from latentmotion.evaluation.protocols.base import EvaluationContext


@pytest.fixture
def context(tmp_path) -> EvaluationContext:
    """A model that learns from 8 of 40 points of a ring."""
    write(prepare("ring", ring.DENSITY, settings()), tmp_path / "ring", settings())
    model = make(replace(POINT, groups=40), points=8)
    data = PreparedDataset.open(tmp_path / "ring")
    splits = (data.split(name) for name in ("test", "train"))
    return EvaluationContext(model, *splits, data, torch.device("cpu"), {"seed": 0}, np.arange(16))


@torch.no_grad()
def test_likelihood_measures_what_it_says(context, monkeypatch):
    monkeypatch.setattr(protocols, "BATCH", 7)
    found, ids = likelihood.measure(context), likelihood.learnt(context)
    assert np.array_equal(ids, torch.nonzero(context.model.learnt).squeeze(1).numpy())
    for prefix, x in (("", context.split.x[:, 0]), ("train_", context.train.x[ids, 0])):
        assert found[f"{prefix}target"] == pytest.approx(ring.DENSITY.log_density(x.astype(float)).mean())
        fitted = context.train.x[ids, 0].astype(float)
        normal = multivariate_normal(fitted.mean(0), (fitted - fitted.mean(0)).T @ (fitted - fitted.mean(0)) / 8)
        assert found[f"{prefix}gaussian"] == pytest.approx(normal.logpdf(x).mean())
        assert found[f"{prefix}elbo"] < found[f"{prefix}iw128"]
    assert found["target_entropy"] == entropy(ring.DENSITY)
    way = found["target"] - found["gaussian"]
    assert found["gap_closed"] == pytest.approx((found["log_p"] - found["gaussian"]) / way)
    exact = marginal(context.model.double(), torch.tensor(context.split.x[:, 0])).mean().item()
    assert found["iw128"] == pytest.approx(exact, abs=0.1)
    assert found["log_p"] == pytest.approx(exact, abs=0.03)


@torch.no_grad()
def test_symmetry_sees_an_invariant_flow_as_one(context):
    assert symmetry.applies(context)
    before = symmetry.measure(context)
    model = context.model  # without forces, and with the base as encoder, the density is the base's and the bound exact
    for layer in (model.kinetic.last, model.potential.last, model.mean[-1], model.log_deviation[-1]):
        for parameter in layer.parameters():
            parameter.zero_()
    after = symmetry.measure(context)
    for name in ("bracket_squared", "bracket_squared_flow"):
        assert after[name] == 0 < before[name]
    assert before["bracket_squared"] != before["bracket_squared_flow"]
    assert after["rotation_spread"] < 1e-3 < 0.01 < before["rotation_spread"]
