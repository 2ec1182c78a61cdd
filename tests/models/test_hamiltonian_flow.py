"""Hamiltonian flows: base densities against quadrature, the flow's exactness, likelihoods and the constraint."""

import contextlib
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.stats import kstest
from support.flows import POINT, batch, make, marginal, plane, train

from latentmotion.config.schema import Training
from latentmotion.core.errors import UserError
from latentmotion.core.keyed_random import seed_torch
from latentmotion.data.datasets import ring
from latentmotion.evaluation.protocols import likelihood, symmetry
from latentmotion.models.components.base_distributions import Normal, SoftUniform
from latentmotion.models.dynamics.leapfrog import Energy, gradient

BASES = {"normal": Normal(), "sharp": SoftUniform(4.0, 8.0), "soft": SoftUniform(1.5, 1.0)}


@pytest.mark.parametrize("name", BASES)
def test_bases_are_normalised_and_their_samples_are_theirs(name):
    base, s = BASES[name], torch.linspace(-20, 20, 400001, dtype=torch.float64)
    p = base.log_density(s[:, None]).exp()
    assert torch.trapezoid(p, s).item() == pytest.approx(1, abs=1e-6)
    below = torch.cumulative_trapezoid(p, s)
    noise = torch.randn(20000, 1, generator=torch.Generator().manual_seed(0))
    sample = base.sample(noise).squeeze(1).numpy()
    assert np.isfinite(sample).all()
    assert kstest(sample, lambda x: np.interp(x, s[1:].numpy(), below.numpy())).pvalue > 1e-3
    assert base.log_density(torch.zeros(3, 2, 5)).shape == (3, 2)


@pytest.mark.parametrize("size", [1, 2, 7])
def test_the_closed_slope_is_the_gradient(size):
    seed_torch(0, "weights")
    energy, x = Energy(size, 16).double(), torch.randn(2, 3, size, dtype=torch.float64)
    torch.testing.assert_close(energy.slope(x), gradient(energy, x))
    assert torch.autograd.gradcheck(energy.slope, x.requires_grad_())
    kinked, x = Energy(size, 16, "relu").double(), x.detach()
    torch.testing.assert_close(kinked.slope(x), gradient(kinked, x))
    torch.testing.assert_close(kinked.slope(x + 1e-9), kinked.slope(x))


@pytest.mark.parametrize("activation", ["softplus", "relu"])
def test_every_number_of_an_energy_that_is_learnt_gets_a_gradient_from_its_force(activation):
    energy = Energy(2, 16, activation)
    energy.slope(torch.randn(64, 2)).square().sum().backward()
    learnt = {name: parameter.grad for name, parameter in energy.named_parameters() if parameter.requires_grad}
    assert all(gradient is not None and gradient.any() for gradient in learnt.values())
    assert any(name.endswith("bias") for name in learnt) == (activation == "softplus")


@pytest.mark.parametrize("dt", [0.3, 1.0, 4.0])
@pytest.mark.parametrize("base", ["normal", "soft-uniform"])
def test_the_flow_is_invertible_and_keeps_volumes(base, dt):
    model = make(base=base, dt=dt)
    q, p = torch.randn(64, 2), torch.randn(64, 2)
    forth = [part[-1] for part in model.forward_path(q, p)]
    for part, again in zip((q, p), model.inverse(*forth), strict=True):
        assert (part - again).abs().max() < 1e-5
    assert (forth[0] - q).abs().mean() > 0.01, "a flow that does not move would pass"
    model.double()

    def flow(state):
        return torch.cat([part[-1] for part in model.forward_path(*state.split(2))])

    for state in torch.cat([q, p], -1).double()[:8]:
        determinant = torch.autograd.functional.jacobian(flow, state).det().item()
        assert determinant == pytest.approx(1, abs=1e-5)


def test_states_roll_out_as_the_flow_and_back():
    model = make(dt=0.5)
    state = model.sample_state(torch.randn(5, model.state_noise))
    path = model.roll_out(state, 3)
    positions, momenta = model.forward_path(*state[:, 0].split(2, -1))
    torch.testing.assert_close(path[:, :, 0], torch.cat([positions, momenta], -1).transpose(0, 1))
    torch.testing.assert_close(model.roll_out(path[:, -1], 3, -1.0)[:, -1], state, atol=1e-5, rtol=1e-5)
    assert torch.equal(model.motion_of(path), path[:, :, 0, :2])
    terms = model.energies(path)
    assert terms["total"].shape == (5, 3, 1) and torch.equal(terms["total"], terms["kinetic"] + terms["potential"])


def test_the_bounds_are_in_order_below_the_likelihood():
    """ELBO <= IW bound of a few samples <= ln p, which that of many samples reaches; untrained, so that they differ."""
    model, generator = make(seed=1), torch.Generator().manual_seed(0)
    q, noise = torch.randn(40, 1, 2, generator=generator), torch.randn(40, 4096, 2, generator=generator)
    with torch.no_grad():
        elbo, many = model.bounds(q, noise)
        few = model.bounds(q.repeat_interleave(1024, 0), noise.view(-1, 4, 2))[1].view(40, -1).mean(1)
        exact = marginal(model.double(), q[:, 0]).float()
    assert elbo.mean() < few.mean() - 0.01 and few.mean() < exact.mean() - 0.01
    assert (elbo <= many).all()
    torch.testing.assert_close(many, exact, atol=0.05, rtol=0)


@pytest.mark.parametrize("network", [{}, {"base": "soft-uniform", "sigma": 3.0, "beta": 3.0, "dt": 4.0}])
def test_importance_sampling_agrees_with_quadrature(network):
    """Before and after some training, at points that were learnt from and at points far from them."""
    model, generator = make(seed=1, **network), torch.Generator().manual_seed(0)
    points = ring.DENSITY.sample(16, 3).astype(np.float32)
    for trained in (False, True):
        if trained:
            train(model, points, 150)
        q = torch.cat([torch.from_numpy(points), torch.randn(24, 2, generator=generator)])
        with torch.no_grad():
            few, many = (torch.randn(40, count, 2, generator=generator) for count in (likelihood.EXACT, 4000))
            errors = torch.stack([model.log_density(q[:, None], noise) for noise in (few, many)])
            errors -= marginal(model.double(), q).float()
        model.float()
        assert errors[0].abs().mean() < 0.2 and errors[1].abs().mean() < 0.08 and errors[1].mean().abs() < 0.015


def test_a_flow_is_normalised():
    model = make(seed=2).double()
    x, area = plane(8.0, 20)
    with torch.no_grad():
        assert (marginal(model, torch.from_numpy(x)).exp() * area).sum().item() == pytest.approx(1, abs=1e-3)


def test_the_bracket_is_that_of_the_paper():
    model = make().double()
    q, p = (torch.randn(6, 2, dtype=torch.float64, requires_grad=True) for _ in range(2))
    g, h = q[:, 0] * p[:, 1] - q[:, 1] * p[:, 0], model.kinetic(p) + model.potential(q)
    (g_q, g_p), (h_q, h_p) = (torch.autograd.grad(part.sum(), (q, p)) for part in (g, h))
    exact = (g_q * h_p - g_p * h_q).sum(-1)
    torch.testing.assert_close(model.bracket(q, p), exact)
    turned = symmetry.bracket(model, torch.cat([q, p], -1).detach()[:, None])
    torch.testing.assert_close(turned.abs(), exact.abs())


def test_the_constraint_makes_the_density_invariant():
    """Twenty points of a ring, learnt with the constraint and without: the spread of ln p under rotation."""
    points, spread, violation = ring.DENSITY.sample(20, 99), {}, {}
    for kappa in (None, 1e-3):
        model = make(kappa=kappa, rate=1.0)
        history = train(model, points, 400)
        assert history[-1]["elbo"] > history[0]["elbo"] + 0.3
        q = symmetry.rotated(torch.tensor([1.7, 0.4]).expand(8, 2), torch.arange(8) * math.pi / 4)
        states = torch.randn(4000, 1, 4, generator=torch.Generator().manual_seed(1))
        with torch.no_grad():
            violation[kappa] = symmetry.bracket(model, states).square().mean().item()
            spread[kappa] = marginal(model.double(), q).std().item()
    assert spread[1e-3] < 0.1 < 0.3 < spread[None]
    assert violation[1e-3] < 0.01 * violation[None]


@pytest.mark.parametrize("count", [3, 64, 200])
def test_the_states_of_the_constraint_come_from_the_base_and_from_each_step(count):
    seed_torch(0, "states")
    base = torch.randn(count, 4)
    models = [make(kappa=0.1, constraint_at=place) for place in ("base", "flow")]
    on_base, on_flow = [], []
    for model, found in zip(models, (on_base, on_flow), strict=True):
        seed_torch(0, "states")
        found.extend(model._constrained(count))
        assert not any(part.requires_grad for part in found), "the constraint would move the states"
    assert torch.equal(torch.cat(on_base, -1), base)
    path = [torch.cat(parts, -1) for parts in zip(*models[1].forward_path(*base.split(2, -1)), strict=True)]
    for step, states in enumerate(path):
        assert torch.equal(torch.cat(on_flow, -1)[step::3], states[step::3]), f"step {step}"


def test_the_settings_of_the_constraint_change_no_first_weight_and_no_elbo():
    q = torch.randn(64, 2)
    models = [make(kappa=kappa, **how) for kappa, how in ((None, {}), (0.1, {}), (0.1, {"constraint_at": "flow"}))]
    values = []
    for model in models:
        seed_torch(0, "step", 0)
        values.append(model.losses(batch(q))["elbo"].item())
        for parameter, first in zip(model.parameters(), models[0].parameters(), strict=True):
            assert torch.equal(parameter, first)
    assert len(set(values)) == 1, "kappas would be compared under different noise"


@pytest.mark.parametrize("points", [None, 8])
def test_the_mean_elbo_over_the_training_is_kept(points):
    model = make(points=points)
    assert model.training_elbo() is None
    history = train(model, ring.DENSITY.sample(64, 4), 5)
    name = "elbo" if points is None else "elbo_held_out"
    assert model.training_elbo() == pytest.approx(np.mean([float(losses[name]) for losses in history]))
    again = make(points=points)
    again.load_state_dict(model.state_dict())
    assert again.training_elbo() == model.training_elbo()


def test_a_step_raises_the_multiplier_by_what_the_constraint_is_violated():
    model = make(kappa=1e-3, rate=0.5)
    q = torch.randn(64, 2)
    losses = model.step(batch(q), model.optimisers(Training(steps=1, batch=64, lr=1e-3)), contextlib.nullcontext)
    expected = torch.exp(0.5 * (losses["bracket"] - 1e-3))
    assert losses["bracket"] > 2e-3 and torch.allclose(model.multiplier.value, expected)


def test_few_points_are_drawn_by_the_seed_and_alone_learnt_from():
    first, same, other = make(points=8), make(points=8, kappa=0.1), make(points=8, seed=1)
    assert first.learnt.sum() == 8 and torch.equal(first.learnt, same.learnt)
    assert not torch.equal(first.learnt, other.learnt)
    assert torch.equal(first.kinetic.second.weight, same.kinetic.second.weight)
    assert not torch.equal(first.kinetic.second.weight, other.kinetic.second.weight)
    q = torch.randn(64, 2)
    losses = first.losses(batch(q))
    assert {"elbo", "elbo_held_out"} <= set(losses) and not losses["elbo_held_out"].requires_grad
    gradients = []
    for points in (q, torch.where(first.learnt[:, None], q, q + 5), q + 5):
        first.zero_grad()
        seed_torch(0, "step", 0)
        first.losses(batch(points))["total"].backward()
        gradients.append(first.kinetic.first.weight.grad.clone())
    assert torch.equal(*gradients[:2]) and not torch.equal(*gradients[1:])
    with pytest.raises(UserError, match="points: 64 of 64 training points.*set training.batch"):
        make(points=64).losses(batch(q))


def test_impossible_constraints_and_points_are_named():
    with pytest.raises(UserError, match="rotations are of the plane, the data has 3 numbers"):
        make(replace(POINT, channels=3), kappa=0.1)
    with pytest.raises(UserError, match="base 'soft-uniform' is not invariant"):
        make(kappa=0.1, base="soft-uniform")
    with pytest.raises(UserError, match=r"network\.points: 100, but there are 64 training points"):
        make(points=100)
