"""HGAN: its motion is a Hamiltonian flow, at any step and backwards; its loss is the paper's; MoCoGAN is as it was."""

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp

from latentmotion.config.schema import Training
from latentmotion.core.errors import UserError
from latentmotion.core.keyed_random import normal, seed_torch
from latentmotion.models import base as contract
from latentmotion.models.base import Batch, DataShape
from latentmotion.models.dynamics.learned_hamiltonian import (
    Energy,
    Joint,
    LearnedHamiltonian,
    SeparableHamiltonian,
    start_as_well,
)
from latentmotion.training.device import autocast
from latentmotion.training.load import build

SHAPE = DataShape(frames=8, channels=3, size=16, actions=1, groups=6)
DT = 0.05
DISCRIMINATORS = ("image_discriminator", "video_discriminator")
KINDS = ("separable", "joint")


def hamiltonian(kind: str, iterations: int = 4, scale: float = 3.0) -> LearnedHamiltonian:
    """Of two degrees of freedom, in float64, strong enough that a frame changes the state by a tenth or so."""
    torch.manual_seed(0)
    made = SeparableHamiltonian(2, 6) if kind == "separable" else LearnedHamiltonian(Joint(2, 6), iterations)
    for parameter in made.parameters():
        parameter.data *= scale
    return made.double()


def states(count: int = 3) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    return tuple(torch.randn(count, 2, generator=generator, dtype=torch.float64) for _ in "qp")


def make(**network) -> contract.SequenceModel:
    seed_torch(0, "weights")
    return build({"system": "hgan", "network": {"width": 4, "content": 8, "hidden": 16} | network}, SHAPE)


def batch(count: int = 6) -> Batch:
    x = torch.rand(count, 8, 3, 16, 16, generator=torch.Generator().manual_seed(2)) * 2 - 1
    return Batch(x, torch.zeros(count, dtype=torch.long), torch.arange(count), torch.ones(count, 8, dtype=torch.bool))


def losses(model: contract.SequenceModel, steps: int = 1, precision: str = "float32") -> list[dict]:
    optimisers, found = model.optimisers(Training(steps=steps, batch=6, lr=1e-3)), []
    for step in range(steps):
        seed_torch(0, "step", step)
        found.append(model.step(batch(), optimisers, autocast(torch.device("cpu"), precision)))
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_first_and_second_derivatives_through_the_flow(kind):
    made, (q, p) = hamiltonian(kind), states(2)
    names, values = zip(*made.named_parameters(), strict=True)

    class Flow(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.made = made

        def forward(self, q, p):
            positions, momenta = self.made.roll_out(q, p, 3, 1.0, DT)
            return positions[:, 1:], momenta[:, 1:], self.made.slope(positions[:, -1], momenta[:, -1])

    def flow(q, p, *weights):
        return torch.func.functional_call(Flow(), {f"made.{n}": w for n, w in zip(names, weights, strict=True)}, (q, p))

    inputs = tuple(x.detach().requires_grad_() for x in (q, p, *values))
    assert torch.autograd.gradcheck(flow, inputs)
    assert torch.autograd.gradgradcheck(lambda q, p: flow(q, p, *inputs[2:]), inputs[:2])


@pytest.mark.parametrize("kind", KINDS)
def test_slopes_are_partial_derivatives_along_a_path_too(kind):
    """Where gradients flow, p depends on q along a path; the flow must be the same as without gradients."""
    made, (q, p) = hamiltonian(kind), states()
    with torch.no_grad():
        expected = made.roll_out(q, p, 8, 1.0, DT)
    found = made.roll_out(q.requires_grad_(), p.requires_grad_(), 8, 1.0, DT)
    for x, y in zip(expected, found, strict=True):
        torch.testing.assert_close(x, y, atol=1e-12, rtol=0)
    by_q, by_p = torch.autograd.grad(made(q, p).sum(), (q, p))
    torch.testing.assert_close(made.slope(q, p), by_q)
    torch.testing.assert_close(made.velocity(q, p), by_p)


@pytest.mark.parametrize(
    ("kind", "iterations", "right"), [("separable", 1, True), ("joint", 4, True), ("joint", 1, False)]
)
def test_a_flow_is_symplectic_and_comes_back(kind, iterations, right):
    """Not so the explicit leapfrog where H is not separable."""
    made, (q, p) = hamiltonian(kind, iterations), states()
    there = [x[:, -1] for x in made.roll_out(q, p, 9, 1.0, DT)]
    back = [x[:, -1] for x in made.roll_out(*there, 9, -1.0, DT)]
    away = max(float((x - y).detach().abs().max()) for x, y in zip(back, (q, p), strict=True))
    assert max(float((x - y).detach().abs().max()) for x, y in zip(there, (q, p), strict=True)) > 0.1

    def end(state):
        return torch.cat([x[0, -1] for x in made.roll_out(state[None, :2], state[None, 2:], 9, 1.0, DT)])

    jacobian = torch.autograd.functional.jacobian(end, torch.cat([q[0], p[0]]))
    j = torch.kron(torch.tensor([[0.0, 1.0], [-1.0, 0.0]], dtype=torch.float64), torch.eye(2, dtype=torch.float64))
    defect = float((jacobian.mT @ j @ jacobian - j).abs().max())
    assert (away < 1e-6) == right and (defect < 1e-6) == right, (away, defect)


@pytest.mark.parametrize("kind", KINDS)
def test_steps_are_of_second_order_and_energy_is_kept(kind):
    """Against scipy: states after 8 frames err four times less at half the step, and so does the energy."""
    made, (q, p) = hamiltonian(kind), states(1)

    def rate(_, state):
        q, p = (torch.from_numpy(x)[None] for x in np.split(state, 2))
        return torch.cat([made.velocity(q, p)[0], -made.slope(q, p)[0]]).detach().numpy()

    exact = solve_ivp(rate, (0, 8 * DT), torch.cat([q[0], p[0]]).numpy(), method="DOP853", rtol=1e-12, atol=1e-12)
    errors, drifts = [], []
    with torch.no_grad():
        for step in (1.0, 0.5, 0.25):
            path = [x[0] for x in made.roll_out(q, p, int(8 / step) + 1, step, DT)]
            errors.append(np.abs(torch.cat([x[-1] for x in path]).numpy() - exact.y[:, -1]).max())
            energy = made(*path)
            drifts.append(float((energy - energy[0]).abs().max()))
    assert errors[0] < 0.01 and drifts[0] < 0.01
    for values in (errors, drifts):
        assert 3 < values[0] / values[1] < 5.5 and 3 < values[1] / values[2] < 5.5, values


def test_energy_does_not_drift_over_1000_frames():
    made, (q, p) = hamiltonian("separable"), states()
    with torch.no_grad():
        positions, momenta = made.roll_out(q, p, 1001, 1.0, DT)
        energy = made(positions, momenta)
        kinetic = made.energy.kinetic(momenta)
    early, late = ((energy[:, a:b] - energy[:, :1]).abs().amax(1) for a, b in ((0, 100), (900, 1001)))
    assert (late < 3 * early + 1e-3).all() and (early < 0.02 * kinetic.std(1)).all()


@pytest.mark.parametrize("separable", [True, False])
def test_other_time_steps_and_backwards(separable):
    model = make(separable=separable).eval()
    with torch.no_grad():
        state = model.sample_state(normal(range(5), model.state_noise, 0, "s"))
        path = model.roll_out(state, 17)
        assert state.shape == (5, 1, 10) and path.shape == (5, 17, 1, 10)
        assert torch.equal(path[:, 0], state)
        assert (path[:, 1:] - path[:, :-1]).abs().amax((0, 2, 3)).min() > 0.3, "every frame moves"
        assert torch.equal(model.roll_out(state, 9, 2.0), path[:, ::2])
        between = model.roll_out(state, 33, 0.5)
        torch.testing.assert_close(between[:, ::2], path, atol=5e-2, rtol=0)
        assert not torch.equal(between[:, 2], path[:, 1]), "half steps are more accurate, not the same"
        middle = 0.5 * (path[:, 1:] + path[:, :-1])
        torch.testing.assert_close(between[:, 1::2], middle, atol=5e-2, rtol=0)
        torch.testing.assert_close(model.roll_out(path[:, 16], 17, -1.0), path.flip(1), atol=1e-5, rtol=0)
        torch.testing.assert_close(model.roll_out(between[:, 32], 33, -0.5), between.flip(1), atol=1e-5, rtol=0)


def test_motion_is_the_flow_of_a_drawn_state():
    model, action = make().eval(), torch.zeros(5, dtype=torch.long)
    with torch.no_grad():
        noise = normal(range(5), model.motion_noise(12), 0, "m")
        path = model.roll_out(model.sample_state(noise), 12)
        assert torch.equal(model.sample_motion(action, 12, noise), model.motion_of(path))
        energies = model.energies(path)
    assert all(value.shape == (5, 12, 1) for value in energies.values())
    torch.testing.assert_close(energies["kinetic"] + energies["potential"], energies["total"])
    assert not energies["nonseparable"].any()
    assert set(make(separable=False).energies(path)) == {"total"}, "what is not split has no parts"


def test_hnn_gan_starts_at_the_noise_and_has_no_cyclic_term():
    model = make(map=False, cyclic=0.0)
    noise = normal(range(5), model.motion_noise(8), 0, "m")
    assert torch.equal(model.sample_state(noise)[:, 0], noise)
    assert "cyclic" not in losses(model)[0] and "cyclic" in losses(make())[0]
    assert not any(name.startswith("map.") for name in model.state_dict())


@pytest.mark.parametrize("separable", [True, False])
def test_cyclic_loss_is_zero_where_energy_does_not_depend_on_positions(separable):
    model, motion = make(separable=separable), torch.randn(4, 8, 10)
    assert model.cyclic(motion) > 1e-3
    energy = model.hamiltonian.energy
    if separable:
        energy.potential.first.weight.data.zero_()
    else:
        energy.joint.first.weight.data[:, :5] = 0
    assert model.cyclic(motion) == 0


def test_cyclic_loss_is_equation_4():
    """U(q) = |q|^2 / 2 has dp_i/dt = -q_i: the mean over sequences and frames of the sum over i, times lambda."""
    model = make()
    model.hamiltonian = LearnedHamiltonian(lambda q, p: 0.5 * (q.square() + p.square()).sum(-1))
    motion = torch.randn(4, 8, 10)
    torch.testing.assert_close(model.cyclic(motion), motion[..., :5].abs().sum() / (4 * 8))
    plain, weighed = (losses(make(cyclic=cyclic))[0] for cyclic in (0.0, 0.5))
    assert weighed["cyclic"] > 0
    torch.testing.assert_close(weighed["total"], plain["total"] + weighed["cyclic"])


@pytest.mark.parametrize("separable", [True, False])
def test_the_flow_is_float32_under_bfloat16(separable):
    model, state = make(separable=separable), torch.randn(4, 1, 10)
    expected = model.roll_out(state, 8)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        path = model.roll_out(state, 8)
        cyclic = model.cyclic(model.motion_of(path))
    assert path.dtype == cyclic.dtype == torch.float32
    assert torch.equal(path, expected) and torch.equal(cyclic, model.cyclic(model.motion_of(expected)))


def test_energies_start_as_wells():
    torch.manual_seed(0)
    energy = Energy(5, 128)
    start_as_well(energy, 2.0)
    curvature = torch.autograd.functional.hessian(energy, torch.zeros(5)).diagonal().mean()
    assert 1.5 < curvature < 2.5
    states = torch.randn(500, 5)
    inwards = (energy.slope(states) * states).sum(1)
    assert (inwards > 0).float().mean() > 0.95
    usual = Energy(5, 128)
    forces = [e.slope(states).detach() for e in (energy, usual)]
    assert (
        forces[0].mean(0).norm() < 0.3 * forces[0].std(0).norm() and forces[1].mean(0).norm() > forces[1].std(0).norm()
    )


def test_hgan_starts_with_a_quarter_turn_a_sequence():
    model = make(hidden=128).eval()
    with torch.no_grad():
        rest, moved = torch.zeros(10, 1, 10), 0.1 * torch.eye(10)[:, None]
        turned = (model.roll_out(rest + moved, 9) - model.roll_out(rest, 9))[:, -1, 0] / 0.1
    q_to_p, p_to_q = turned[:5, 5:].diagonal().mean(), turned[5:, :5].diagonal().mean()
    assert -1.4 < q_to_p < -0.6 and 0.6 < p_to_q < 1.4 and turned[:5, :5].diagonal().mean().abs() < 0.4


def test_states_start_centred_however_the_map_is_biased():
    model = make()
    model.map[2].bias.data += 7.0
    states = model.train().sample_state(torch.randn(256, model.state_noise))[:, 0]
    assert states.mean(0).abs().max() < 1e-4 and (states.var(0, correction=0) - 1).abs().max() < 1e-3


def test_kinetic_energy_knows_no_direction_of_time():
    energy = make().hamiltonian.energy.kinetic
    for parameter in energy.parameters():
        parameter.data += 0.3 * torch.randn_like(parameter)
    p = torch.randn(32, 5)
    torch.testing.assert_close(energy(p), energy(-p))
    torch.testing.assert_close(energy.slope(p), -energy.slope(-p))
    assert (energy.side(p) - energy.side(-p)).abs().max() > 0.1


def test_networks_learn_at_rates_of_their_own():
    generator, image, video = make(discriminator_rate=0.2, hamiltonian_rate=0.03).optimisers(
        Training(steps=1, batch=6, lr=1e-3)
    )
    assert [group["rate"] for group in generator.param_groups] == [1.0, 0.03, 1.0]
    assert [group["rate"] for group in (*image.param_groups, *video.param_groups)] == [0.2, 0.2]


def test_impossible_settings_are_named():
    with pytest.raises(UserError, match=r"network\.motion: 9"):
        make(motion=9)
    with pytest.raises(UserError, match=r"network\.dt"):
        make(dt=0.0)


@pytest.mark.parametrize(("size", "frames"), [(8, 8), (20, 16), (24, 5), (28, 16), (64, 16), (96, 16)])
def test_networks_fit_frames_of_4_to_7_pixels_doubled(size, frames):
    model = build({"system": "mocogan", "network": {"width": 2, "content": 3}}, DataShape(frames, 3, size, 2, 4)).eval()
    with torch.no_grad():
        x = model.decode(torch.randn(2, 3), torch.randn(2, frames, 12))
        assert x.shape == (2, frames, 3, size, size)
        assert model.image_discriminator(x[:, 0]).shape == (2, 1, 1, 1)
        assert model.video_discriminator(x.transpose(1, 2)).shape == (2, 3, 1, 1, 1)
    for wrong in (4, size + 1 if size > 8 else 9):
        with pytest.raises(UserError, match=rf"size: {wrong}"):
            build({"system": "mocogan", "network": {"width": 2}}, DataShape(frames, 3, wrong, 2, 4))


@pytest.mark.parametrize(
    ("network", "expected"),
    [
        ({"category": 0.5, "instance_noise": 0.1}, (2.41804, 1.46926, 2.10348, 1.4678)),
        ({"conditional": False}, (1.91283, 1.53186, 1.26723)),
    ],
)
def test_mocogan_is_what_it_was_before_it_shared_its_networks(network, expected):
    """Names of its weights, and the losses of a second step, as they were written down then."""
    seed_torch(0, "weights")
    shape = DataShape(8, 3, 16, 6, 6)
    model = build({"system": "mocogan", "network": {"width": 4, "content": 8} | network}, shape)
    generator = torch.Generator().manual_seed(1)
    x = torch.randint(0, 256, (6, 8, 3, 16, 16), generator=generator).float() / 127.5 - 1
    optimisers = model.optimisers(Training(steps=2, batch=6, lr=1e-3))
    for step in range(2):
        seed_torch(0, "step", step)
        whole = Batch(x, torch.arange(6), torch.arange(6), torch.ones(6, 8, dtype=torch.bool))
        losses = model.step(whole, optimisers, autocast(torch.device("cpu"), "float32"))
    assert [float(value) for name, value in losses.items() if name != "gradient_norm"] == pytest.approx(expected, 1e-4)

    def norm(name: str) -> list[str]:
        parts = ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]
        return [f"{name}.{part}" for part in parts]

    discriminators = [[f"{d}.0.weight", f"{d}.2.weight", *norm(f"{d}.3"), f"{d}.5.weight"] for d in DISCRIMINATORS]
    generator = ["generator.0.weight", *norm("generator.1"), "generator.3.weight", *norm("generator.4")]
    motion = [f"motion.{part}" for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
    assert list(model.state_dict()) == [
        *motion,
        *generator,
        "generator.6.weight",
        *discriminators[0],
        *discriminators[1],
    ]
