"""HGN: slopes by the chain rule, motion at any step and backwards, the decoder's shortcut, the loss, and GECO."""

import json

import numpy as np
import pytest
import torch
from torch.nn import functional

from latentmotion.config import params
from latentmotion.config.schema import Training
from latentmotion.config.settings import prepare_settings, training_settings
from latentmotion.core.errors import UserError
from latentmotion.core.keyed_random import normal, seed_torch
from latentmotion.data.prepare import prepare
from latentmotion.data.prepared import PreparedDataset
from latentmotion.models import base as contract
from latentmotion.models import hgn
from latentmotion.models.base import Batch, DataShape
from latentmotion.models.components.lagrange_multiplier import LARGEST, SMALLEST, Multiplier
from latentmotion.models.dynamics.convolutional_hamiltonian import ConvolutionalHamiltonian
from latentmotion.models.dynamics.learned_hamiltonian import LearnedHamiltonian
from latentmotion.training import train as training
from latentmotion.training.checkpoint import Checkpoint
from latentmotion.training.device import autocast
from latentmotion.training.load import build, load_run
from latentmotion.training.train import CheckpointPlan, TrainingJob

SHAPE = DataShape(frames=8, channels=3, size=32, actions=1, groups=6)
SMALL = {"width": 4, "decoder": [6, 4, 4], "latent": 3, "state": 2, "input_frames": 3}
DT = 0.125
NONE = torch.zeros(0)


def make(shape: DataShape = SHAPE, **network) -> hgn.Model:
    seed_torch(0, "weights")
    return build({"system": "hgn", "network": SMALL | network}, shape)


def batch(shape: DataShape = SHAPE, count: int = 6) -> Batch:
    sizes = count, shape.frames, shape.channels, shape.size, shape.size
    x = torch.rand(sizes, generator=torch.Generator().manual_seed(2)) * 2 - 1
    seen = torch.ones(count, shape.frames, dtype=torch.bool)
    return Batch(x, torch.zeros(count, dtype=torch.long), torch.arange(count), seen)


def step(model: hgn.Model, steps: int = 1, lr: float = 1e-3, precision: str = "float32") -> list[dict]:
    optimisers, found = model.optimisers(Training(steps=steps, batch=6, lr=lr)), []
    for i in range(steps):
        seed_torch(0, "step", i)
        found.append(model.step(batch(), optimisers, autocast(torch.device("cpu"), precision)))
    return found


def hamiltonian(side: int = 4, iterations: int = 1) -> ConvolutionalHamiltonian:
    torch.manual_seed(0)
    return ConvolutionalHamiltonian(2, side, 4, iterations).double()


def maps(count: int = 3, side: int = 4) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    return tuple(torch.randn(count, 2, side, side, generator=generator, dtype=torch.float64) for _ in "qp")


@pytest.mark.parametrize("side", [2, 4, 6, 8])
def test_slopes_by_the_chain_rule_are_those_of_autograd(side):
    made, (q, p) = hamiltonian(side), maps(side=side)
    energy = made(q.requires_grad_(), p.requires_grad_())
    assert energy.shape == (3,)
    by_q, by_p = torch.autograd.grad(energy.sum(), (q, p))
    assert min(float(x.abs().max()) for x in (by_q, by_p)) > 1e-2
    torch.testing.assert_close(made.slope(q, p), by_q)
    torch.testing.assert_close(made.velocity(q, p), by_p)


def test_second_derivatives_through_the_flow():
    """By finite differences, with respect to states and to weights; and the slopes' own gradients by autograd's."""
    made, (q, p) = hamiltonian(), maps(1)
    names, values = zip(*made.named_parameters(), strict=True)

    class Flow(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.made = made

        def forward(self, q, p):
            return self.made.roll_out(q, p, 3, 1.0, DT)

    def flow(q, p, *weights):
        return torch.func.functional_call(Flow(), {f"made.{n}": w for n, w in zip(names, weights, strict=True)}, (q, p))

    inputs = tuple(x.detach().requires_grad_() for x in (q, p, *values))
    assert torch.autograd.gradcheck(flow, inputs, fast_mode=True)
    ours = torch.autograd.grad(made.slope(q, p).square().sum(), made.parameters())
    theirs = torch.autograd.grad(LearnedHamiltonian(made.energy).slope(q, p).square().sum(), made.parameters())
    for a, b in zip(ours, theirs, strict=True):
        torch.testing.assert_close(a, b)


@pytest.mark.parametrize(("iterations", "order"), [(1, 1), (2, 2), (3, 2)])
def test_order_of_the_integrator(iterations, order):
    """States after 8 frames, and the energy, err 2^order times less at half the step."""
    made, (q, p) = hamiltonian(iterations=iterations), maps()
    with torch.no_grad():
        fine = [x[:, -1] for x in hamiltonian(iterations=3).roll_out(q, p, 513, 1 / 64, DT)]
        errors, drifts = [], []
        for size in (1.0, 0.5, 0.25):
            path = made.roll_out(q, p, int(8 / size) + 1, size, DT)
            errors.append(max(float((x[:, -1] - y).abs().max()) for x, y in zip(path, fine, strict=True)))
            energy = made(*(x.flatten(0, 1) for x in path)).unflatten(0, path[0].shape[:2])
            drifts.append(float((energy - energy[:, :1]).abs().max()))
    for values in (errors, drifts):
        assert values[0] < 0.05
        for ratio in (values[0] / values[1], values[1] / values[2]):
            assert 0.75 * 2**order < ratio < 1.4 * 2**order, values


def test_other_time_steps_and_backwards():
    model = make().eval()
    with torch.no_grad():
        state = torch.randn(5, 1, 64, generator=torch.Generator().manual_seed(3))
        path = model.roll_out(state, 17)
        assert path.shape == (5, 17, 1, 64) and torch.equal(path[:, 0], state)
        moved = (path[:, 1:] - path[:, :-1]).abs().amax((0, 2, 3))
        assert moved.min() > 1e-2, "every frame moves"
        assert torch.equal(model.roll_out(state, 9, 2.0), path[:, ::2])
        between = model.roll_out(state, 33, 0.5)
        torch.testing.assert_close(between[:, ::2], path, atol=2e-2, rtol=0)
        middle = 0.5 * (path[:, 1:] + path[:, :-1])
        assert (between[:, 1::2] - middle).abs().max() < 0.1 * moved.max()


def test_the_way_back_is_the_way_there():
    """Up to the integrator's error, which falls with its iterations."""
    state, errors = torch.randn(5, 1, 64, generator=torch.Generator().manual_seed(3)), []
    for iterations in (1, 2, 4):
        model = make(iterations=iterations).eval()
        with torch.no_grad():
            there = model.roll_out(state, 17)
            back = model.roll_out(there[:, -1], 17, -1.0).flip(1)
            errors.append(float((back - there).abs().max() / (there[:, -1] - state).abs().max()))
    assert errors[0] < 0.02 and errors[1] < 0.2 * errors[0] and errors[2] < 1e-5, errors


def test_motion_is_the_positions_of_a_drawn_state_and_nothing_else_is_seen():
    model = make().eval()
    with torch.no_grad():
        noise = normal(range(5), model.motion_noise(12), 0, "m")
        state = model.sample_state(noise)
        path = model.roll_out(state, 12)
        motion = model.sample_motion(None, 12, noise)
        q, p = state.squeeze(1).chunk(2, dim=1)
        assert noise.shape == (5, model.state_noise) and model.state_noise == 3 * 32 * 32
        assert torch.equal(motion, model.motion_of(path)) and torch.equal(motion[:, 0], q)
        x = model.decode(torch.zeros(5, 0), motion)
        assert x.shape == (5, 12, 3, 32, 32) and x.abs().max() <= 1
        other = model.motion_of(model.roll_out(torch.cat([q, p + 1], dim=1)[:, None], 12))
        again = model.decode(torch.zeros(5, 0), other)
        assert torch.equal(again[:, 0], x[:, 0]) and not torch.equal(again[:, 1], x[:, 1])
        energy = model.energies(path)
    assert set(energy) == {"total"} and energy["total"].shape == (5, 12, 1)
    torch.testing.assert_close(energy["total"][:, 0, 0], model.hamiltonian(*model._halves(state[:, 0])))


def test_only_the_first_frames_are_looked_at():
    model, x = make().eval(), batch().x
    with torch.no_grad():
        content, motion = model.encode(x, None)
        changed = x.clone()
        changed[:, 3:] = 0
        assert torch.equal(model.encode(changed, None)[1], motion)
        changed[:, 2] = 0
        assert not torch.equal(model.encode(changed, None)[1], motion)
    assert content.shape == (6, 0) and motion.shape == (6, 8, 32)


def test_too_few_frames_and_impossible_settings_are_named():
    model = make()
    assert not {contract.PREDICT, contract.DYNAMICS} & model.capabilities, "one frame shows no velocity"
    with pytest.raises(UserError, match=r"network\.input_frames: 3, but sequences have 2 frames"):
        model.encode(batch().x[:, :2], None)
    with pytest.raises(UserError, match=r"network\.input_frames: 9, but sequences have 8 frames"):
        make(input_frames=9)
    with pytest.raises(UserError, match=r"size: 24 is not a multiple of 16"):
        make(DataShape(8, 3, 24, 1, 6))
    for wrong in ({"dt": 0.0}, {"tolerance": 0.0}, {"average": 1.0}, {"decoder": [4, 4]}):
        with pytest.raises(UserError, match=rf"(?=.*system hgn).*network\.{next(iter(wrong))}"):
            make(**wrong)


@pytest.mark.parametrize("size", [16, 32, 64])
def test_frames_of_other_sizes(size):
    shape = DataShape(5, 1, size, 1, 6)
    model = make(shape)
    assert model.state_noise == 3 * size**2
    content, motion = model.encode(batch(shape, 2).x, None)
    assert model.decode(content, motion).shape == (2, 5, 1, size, size)


def test_a_convolution_of_repeated_pixels_is_a_transposed_one():
    torch.manual_seed(0)
    layer = hgn.UpsampledConvolution(5, 7).double()
    x = torch.randn(2, 5, 4, 6, dtype=torch.float64, requires_grad=True)
    plain = functional.conv2d(functional.interpolate(x, scale_factor=2), layer.weight, layer.bias, padding=1)
    torch.testing.assert_close(layer(x), plain)
    ours, theirs = (torch.autograd.grad(y.square().sum(), (x, *layer.parameters())) for y in (layer(x), plain))
    for a, b in zip(ours, theirs, strict=True):
        torch.testing.assert_close(a, b)


def test_decoding_in_parts_changes_nothing(monkeypatch):
    model, motion = make().eval(), torch.randn(3, 7, 32)
    with torch.no_grad():
        whole = model.decode(NONE, motion)
        monkeypatch.setattr(hgn, "CACHED", 4)
        torch.testing.assert_close(model.decode(NONE, motion), whole, atol=1e-6, rtol=0)


def test_the_loss_is_that_of_the_docstring(monkeypatch):
    """Frames that are all wrong by a known amount, and a posterior of known divergence."""
    model, data = make(), batch()
    mean, log_variance = torch.full((6, 3, 32, 32), 0.5), torch.full((6, 3, 32, 32), -1.0)
    monkeypatch.setattr(model, "_posterior", lambda x: (mean, log_variance))
    monkeypatch.setattr(model, "_render", lambda motion: data.x + 0.2)
    model.multiplier.value.fill_(7.0)
    losses = model.losses(data)
    pixels = 8 * 3 * 32 * 32
    kl = 3 * 32 * 32 * 0.5 * (0.25 + np.exp(-1) - 1 + 1)
    assert float(losses["kl"]) == pytest.approx(kl, rel=1e-5)
    assert float(losses["squared_error"]) == pytest.approx(0.04 * pixels, rel=1e-4)
    assert float(losses["violation"]) == pytest.approx(0.1**2 - 0.033**2, rel=1e-4), "errors of intensities in [0, 1]"
    assert float(losses["total"]) == pytest.approx((kl / pixels + 7 * (0.1**2 - 0.033**2)) / (1 + 7), rel=1e-4)


def test_the_flow_is_float32_under_bfloat16():
    model, state = make(), torch.randn(4, 1, 64)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        path = model.roll_out(state, 6)
    assert path.dtype == torch.float32 and torch.equal(path, model.roll_out(state, 6))


def test_the_multiplier_rises_while_the_constraint_is_violated_and_falls_while_it_is_met():
    multiplier = Multiplier(rate=0.5, average=0.9)
    values, violations, average = [], [0.4, 0.2, *[0.1] * 20, *[-0.3] * 60], None
    for violation in violations:
        multiplier.update(torch.tensor(violation))
        average = violation if average is None else 0.9 * average + 0.1 * violation
        assert float(multiplier.violation) == pytest.approx(average, abs=1e-6), "the average begins with the first"
        values.append(float(multiplier.value))
    assert values[0] == pytest.approx(np.exp(0.5 * 0.4)) and values[1] == pytest.approx(values[0] * np.exp(0.5 * 0.38))
    rises = np.diff(values) > 0
    turn = int(np.argmin(rises))
    assert 21 < turn < 30 and rises[:turn].all() and not rises[turn:].any(), "it turns when the average does"
    assert float(multiplier(torch.tensor(2.0))) == pytest.approx(2 * values[-1])
    for violation, bound, largest in ((-1e6, SMALLEST, LARGEST), (1e6, LARGEST, LARGEST), (1e6, 100.0, 100.0)):
        extreme = Multiplier(1.0, 0.0, largest)
        extreme.update(torch.tensor(violation))
        assert float(extreme.value) == pytest.approx(bound)


@pytest.mark.parametrize(("tolerance", "rises"), [(0.05, True), (5.0, False)])
def test_training_moves_the_multiplier(tolerance, rises):
    history = step(make(tolerance=tolerance, rate=1.0), 6)
    values = [float(losses["multiplier"]) for losses in history]
    assert values[0] == 1.0 and all((b > a) == rises for a, b in zip(values, values[1:], strict=False)), values
    assert all((losses["violation"] > 0) == rises for losses in history)


def test_a_resumed_training_keeps_the_multiplier(tmp_path, monkeypatch):
    """Stopped in the middle, it ends with the same bits as one that was not; among them lambda and its average."""
    catalogued = params.load(overrides={"scale": "tiny"})
    data = tmp_path / "faces-drawn"
    prepare("faces", None, data, prepare_settings(catalogued, "faces-drawn"))
    compute = training_settings(catalogued, "dsvae", "faces-drawn")["compute"]
    chosen = {"system": "hgn", "network": SMALL | {"rate": 5.0}, "compute": compute}
    chosen = json.loads(json.dumps(chosen | {"training": {"steps": 6, "batch": 8, "lr": 1e-3}}))

    def run(folder, every):
        job = TrainingJob("hgn", PreparedDataset.open(data), 0, chosen)
        training.train(job, folder / "run", CheckpointPlan(folder / "state", every), "cpu")

    class Stop(Exception):
        pass

    save = Checkpoint.save

    def save_and_die(self, content):
        save(self, content)
        if content["done"] == 3:
            raise Stop

    run(tmp_path / "whole", 1e9)
    with monkeypatch.context() as patch:
        patch.setattr(Checkpoint, "save", save_and_die)
        with pytest.raises(Stop):
            run(tmp_path / "cut", 0)
    run(tmp_path / "cut", 1e9)
    weights = [(tmp_path / name / "run" / "weights.safetensors").read_bytes() for name in ("whole", "cut")]
    assert weights[0] == weights[1]
    model, _ = load_run(tmp_path / "cut" / "run", torch.device("cpu"))
    assert model.multiplier.updates == 6 and model.multiplier.value != 1 and model.multiplier.violation != 0
    last = [
        json.loads((tmp_path / name / "run" / "history.jsonl").read_text().splitlines()[-1])
        for name in ("whole", "cut")
    ]
    assert last[0] == last[1] and last[0]["multiplier"] != 1


VECTOR = {"code": "vector", "latent": 5}


def test_every_part_of_a_state_depends_on_every_number_of_a_vector():
    """Maps of z reach only their neighbourhood: a corner of the state knows nothing of the opposite corner of z."""
    for network, share in ((VECTOR, 1.0), ({}, 0.5)):
        model = make(DataShape(8, 3, 64, 1, 6), **network)
        noise = torch.randn(1, model.state_noise, requires_grad=True)
        q = model._halves(model.sample_state(noise).squeeze(1))[0]
        (slope,) = torch.autograd.grad(q[0, :, 0, 0].sum(), noise)
        seen = float((slope != 0).float().mean())
        assert seen == share if share == 1 else 0 < seen < share


def test_a_vector_learns_and_is_drawn():
    model = make(**VECTOR)
    assert model.state_noise == 5
    before = [parameter.detach().clone() for parameter in model.parameters()]
    history = step(model, 3)
    assert all(np.isfinite(float(value)) for losses in history for value in losses.values())
    assert all(not torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))
    model.eval()
    with torch.no_grad():
        motion = model.sample_motion(None, 12, normal(range(4), model.motion_noise(12), 0, "m"))
        assert model.decode(NONE, motion).shape == (4, 12, 3, 32, 32)
        assert model.encode(batch().x, None)[1].shape == (6, 8, 32)
        posterior = model._posterior(batch().x)
    assert posterior[0].shape == posterior[1].shape == (6, 5) and float(posterior[1].mean()) < -3


def test_the_multiplier_starts_where_it_is_told():
    model = make(multiplier=400.0, rate=0.1)
    losses = step(model)[0]
    assert float(losses["multiplier"]) == 400
    expected = (float(losses["kl"]) / batch().x[0].numel() + 400 * float(losses["violation"])) / 401
    assert float(losses["total"]) == pytest.approx(expected, rel=1e-4)


def test_the_multiplier_does_not_start_above_its_bound():
    assert float(make(multiplier=5.0, largest_multiplier=5.0).multiplier.value) == 5
    with pytest.raises(UserError, match="network.multiplier: 7 is above network.largest_multiplier, 5; lower"):
        make(multiplier=7.0, largest_multiplier=5.0)


def test_frames_depend_on_the_code_from_the_start_where_variance_is_kept():
    """With torch's weights, the three sigmoids of the decoder leave next to nothing of a vector's differences."""

    def spread(**network) -> float:
        model = make(**VECTOR, decoder=[16, 8, 8], state=8, **network).eval()
        with torch.no_grad():
            path = model.roll_out(model.sample_state(torch.randn(16, 5)), 2)
            return float(model.decode(NONE, model.motion_of(path)).std(0).mean())

    assert spread(keep_variance=True) > 20 * spread()
