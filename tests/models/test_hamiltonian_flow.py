"""Hamiltonian flows: densities and bases against quadrature, the flow's exactness, bounds, constraint, table 12."""

import contextlib
import json
import math
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.stats import kstest, multivariate_normal, ttest_rel, wilcoxon
from support.titles import TITLES

from latentmotion.config.schema import Training
from latentmotion.core.errors import UserError
from latentmotion.core.keyed_random import seed_torch
from latentmotion.data.datasets import modes, ring
from latentmotion.data.densities import Rings, entropy, of_facts
from latentmotion.data.points import options, prepare
from latentmotion.data.prepared import PreparedDataset
from latentmotion.data.sequences import write
from latentmotion.evaluation.protocols import base as protocols
from latentmotion.evaluation.protocols import likelihood, symmetry
from latentmotion.evaluation.protocols.base import EvaluationContext
from latentmotion.models import hamiltonian_flow
from latentmotion.models.base import Batch, DataShape
from latentmotion.models.components.base_distributions import Normal, SoftUniform
from latentmotion.models.dynamics.leapfrog import Energy, gradient
from latentmotion.reporting.render import render_figure, report
from latentmotion.reporting.tables import ehf_figure2a as ehf_figure2a
from latentmotion.training.load import build
from latentmotion.training.train import CheckpointPlan, TrainingJob
from latentmotion.training.train import train as train_run

POINT = DataShape(frames=1, channels=2, size=1, actions=1, groups=64)
NARROW = {"hidden": 16}
DENSITIES = {"ring": ring.DENSITY, "rings": Rings((0.4, 1.5), 0.3), "modes": modes.DENSITY}
BASES = {"normal": Normal(), "sharp": SoftUniform(4.0, 8.0), "soft": SoftUniform(1.5, 1.0)}


def make(shape: DataShape = POINT, seed: int = 0, **network) -> hamiltonian_flow.Model:
    seed_torch(seed, "weights")
    return build({"system": "hamiltonian_flow", "network": NARROW | network}, shape)


def batch(q: torch.Tensor) -> Batch:
    places = torch.arange(len(q))
    return Batch(q[:, None], torch.zeros_like(places), places, torch.ones(len(q), 1, dtype=torch.bool))


def train(model: hamiltonian_flow.Model, points: np.ndarray, steps: int, lr: float = 3e-3) -> list[dict]:
    q = torch.from_numpy(points.astype(np.float32))
    optimisers, history = model.optimisers(Training(steps=steps, batch=len(q), lr=lr)), []
    for step in range(steps):
        model.progress = step / steps
        seed_torch(0, "step", step)
        history.append(model.step(batch(q), optimisers, contextlib.nullcontext))
    return history


def plane(reach: float, count: int) -> tuple[np.ndarray, float]:
    """(count², 2) points of a square and the area of each."""
    ticks = (np.arange(count) + 0.5) * (2 * reach / count) - reach
    return np.stack(np.meshgrid(ticks, ticks), -1).reshape(-1, 2), (2 * reach / count) ** 2


def marginal(model: hamiltonian_flow.Model, q: torch.Tensor) -> torch.Tensor:
    """ln p(q) of points (B, 2) by quadrature over p, double precision."""
    p, area = plane(12.0, 60)
    p = torch.from_numpy(p)
    heights = [model.joint(point.expand_as(p), p).logsumexp(0) for point in q.double()]
    return torch.stack(heights) + math.log(area)


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


def settings(**changes) -> dict:
    few = {"train": 40, "validation": 16, "test": 16}
    return {"source": "real", "size": 1, "frames": 1, "options": options(40) | few} | changes


@pytest.mark.parametrize(
    ("wrong", "message"),
    [({"source": "drawn"}, "source': points"), ({"frames": 2}, "frames': 2, but"), ({"size": 8}, "size': 8, but")],
)
def test_impossible_datasets_are_refused(wrong, message):
    with pytest.raises(UserError, match=message):
        prepare("ring", ring.DENSITY, settings(**wrong))


@pytest.fixture
def context(tmp_path) -> EvaluationContext:
    """A model that learns from 8 of 40 points of a ring."""
    write(prepare("ring", ring.DENSITY, settings()), tmp_path / "ring", settings())
    model = make(replace(POINT, groups=40), points=8)
    splits = (PreparedDataset.open(tmp_path / "ring").split(name) for name in ("test", "train"))
    return EvaluationContext(
        model, *splits, PreparedDataset.open(tmp_path / "ring"), torch.device("cpu"), {"seed": 0}, np.arange(16)
    )


@torch.no_grad()
def test_likelihood_measures_what_it_says(context, monkeypatch):
    monkeypatch.setattr(protocols, "BATCH", 7)
    found, ids = likelihood.measure(context), likelihood.learnt(context)
    assert np.array_equal(ids, torch.nonzero(context.model.learnt).squeeze(1).numpy())
    for prefix, x in (("", context.split.x[:, 0]), ("train_", context.train.x[ids, 0])):
        assert found[f"{prefix}target"] == pytest.approx(ring.DENSITY.log_density(x.astype(float)).mean())
        fitted = trial.train.x[ids, 0].astype(float)
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


def record(model: str, seed: int, kappa: float | None, log_p: float) -> dict:
    values = {"log_p": log_p, "elbo": log_p - 0.2, "target": -2.7, "train_log_p": -2.5, "train_elbo": -2.8}
    values |= {"train_target": -2.6 - 0.1 * seed, "gaussian": -3.5, "train_gaussian": -3.4}
    metrics = [{"protocol": "likelihood", "metric": name, "value": value, "n": 9} for name, value in values.items()]
    network = {"points": 64} | ({} if kappa is None else {"kappa": kappa})
    common = {"model": model, "dataset": "ring_finite", "seed": seed, "source": "real", "status": "ok"}
    return common | {"metrics": metrics, "training": {"settings": {"network": network}}}


def test_table12_pairs_seeds_and_tests_the_gain():
    without, gains = [-3.1, -3.3, -3.0], [0.2, 0.3, 0.1]
    given = [a + b for a, b in zip(without, gains, strict=True)]
    records = [{"model": "real", "dataset": "ring_finite", "seed": 0, "source": "real", "status": "ok", "metrics": []}]
    records += [record("flow-finite", seed, None, value) for seed, value in enumerate(without)]
    records += [record("flow-finite-kappa-1e-2", seed, 0.01, given[seed]) for seed in (2, 0, 1)]
    models = ["flow-finite", "flow-finite-kappa-1e-2"]
    long = ehf_figure2a.rows(records, None, {"scale": "quick", "titles": TITLES, "models": models})
    cells = {(line.row, line.protocol, line.metric): line for line in long.itertuples()}
    free, constrained, *_ = dict.fromkeys(long.row)
    gain = cells[constrained, "gain", "log_p"]
    assert (gain.mean, gain.std, gain.seeds) == (pytest.approx(0.2), pytest.approx(0.1), 3)
    assert cells[constrained, "gain", "log_p_t"].mean == pytest.approx(ttest_rel(given, without).pvalue)
    assert cells[constrained, "gain", "log_p_wilcoxon"].mean == pytest.approx(wilcoxon(given, without).pvalue)
    assert (free, "gain", "log_p") not in cells and (constrained, "gain", "training_elbo") not in cells
    assert cells[ehf_figure2a.TARGET, "likelihood", "train_log_p"].mean == pytest.approx(-2.7)
    assert cells[ehf_figure2a.GAUSSIAN, "likelihood", "log_p"].mean == pytest.approx(-3.5)
    assert list(ehf_figure2a.view(long)) == ["ring finite", "ring finite, bound"]
    assert any("64 points" in note for note in ehf_figure2a.notes(records, None, {}))


COMPUTE = {"threads": 1, "precision": "float32", "compile": False, "channels_last": False}


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> list:
    """Two seeds with the constraint and one without, each of 8 of 40 points."""
    place = tmp_path_factory.mktemp("flows")
    write(prepare("ring_finite", ring.DENSITY, settings()), place / "ring_finite", settings())
    made = []
    for model, seed, kappa in (("flow", 0, None), ("flow-kappa", 0, 0.1), ("flow-kappa", 1, 0.1)):
        chosen = {"system": "hamiltonian_flow", "training": {"steps": 6, "batch": 40, "lr": 1e-3}, "compute": COMPUTE}
        chosen["network"] = NARROW | {"points": 8, "kappa": kappa}
        made.append(place / "runs" / model / "ring_finite" / f"seed{seed}")
        job = TrainingJob(model, PreparedDataset.open(place / "ring_finite"), seed, chosen)
        train_run(job, made[-1], CheckpointPlan(place / "state" / made[-1].name, 60), "cpu")
    return made


@pytest.mark.parametrize("name", ["learning_curves", "density"])
def test_figures_of_flows_are_drawn_and_the_same_again(name, runs, tmp_path, monkeypatch):
    monkeypatch.setattr(report("figures", name), "FRAMES", 4)
    shown = ["/".join(run.parts[-3:]) for run in runs]
    asked = {
        "scale": "tiny",
        "titles": TITLES,
        "shown": shown,
        "report": name,
        "models": ["flow", "flow-kappa"],
        "options": {},
    }
    for folder in ("a", "b"):
        render_figure(name, runs, tmp_path / folder / name, asked | {"datasets": ["ring_finite"]}, "cpu")
    for suffix in ("png", "gif"):
        first, second = ((tmp_path / folder / f"{name}.{suffix}").read_bytes() for folder in "ab")
        assert first == second
        with Image.open(tmp_path / "a" / f"{name}.{suffix}") as picture:
            assert min(picture.size) > 300 and getattr(picture, "n_frames", 1) > (2 if suffix == "gif" else 0)


def test_learning_curves_say_what_they_lack(runs, tmp_path):
    broken = tmp_path / "flow" / "ring_finite" / "seed0"
    shutil.copytree(runs[0], broken)
    (broken / "history.jsonl").write_text(json.dumps({"step": 1, "total": 2.0}) + "\n")
    asked = {"scale": "tiny", "titles": TITLES, "shown": ["flow/ring_finite/seed0"], "report": "learning_curves"}
    with pytest.raises(UserError, match=r"history\.jsonl: no 'elbo' in it"):
        render_figure("x", [broken], tmp_path / "x", asked | {"models": ["flow"], "datasets": ["ring_finite"]}, "cpu")
