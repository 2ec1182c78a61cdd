"""Dynamics: Hamiltonian flows are symplectic, reversible and keep their energy; the ablations learn without these."""

import pytest
import torch
from torch import nn

from latentmotion.core.errors import UserError
from latentmotion.models.base import DataShape
from latentmotion.models.dynamics.fourier import Fourier
from latentmotion.models.dynamics.hamiltonian import Hamiltonian
from latentmotion.models.dynamics.linear import Linear
from latentmotion.models.dynamics.nonlinear import Nonlinear
from latentmotion.models.dynamics.recurrent import Recurrent
from latentmotion.models.dynamics.skew import SkewHamiltonian
from latentmotion.training.load import build

K, D, T = 4, 6, 8


def operator(kind=Hamiltonian, definite=False):
    torch.manual_seed(0)
    dynamics = kind(K, D, T, definite)
    dynamics.weight.data += 0.1 * torch.randn_like(dynamics.weight)
    return dynamics


@pytest.mark.parametrize("kind", [Hamiltonian, SkewHamiltonian])
def test_matrices_are_hamiltonian(kind):
    dynamics = operator(kind)
    product = dynamics.j @ dynamics.matrices()
    torch.testing.assert_close(product, product.mT)
    skew = torch.allclose(dynamics.matrices(), -dynamics.matrices().mT, atol=1e-6)
    assert skew == (kind is SkewHamiltonian)


def test_skew_operators_have_d_squared_free_elements():
    dynamics = SkewHamiltonian(1, D, T)
    basis = torch.eye(4 * D * D).reshape(-1, 1, 2 * D, 2 * D)
    images = []
    for element in basis:
        dynamics.weight.data = element
        images.append(dynamics.matrices().flatten())
    assert torch.linalg.matrix_rank(torch.stack(images)) == D * D


@pytest.mark.parametrize("kind", [Hamiltonian, SkewHamiltonian])
def test_flow_is_symplectic_and_reversible(kind):
    dynamics = operator(kind)
    forwards, backwards = dynamics.flow(torch.tensor([3, -3]))
    j, one = dynamics.j.double().expand(K, -1, -1), torch.eye(2 * D).double().expand(K, -1, -1)
    torch.testing.assert_close(forwards.mT @ j @ forwards, j, atol=1e-6, rtol=0)
    torch.testing.assert_close(backwards @ forwards, one, atol=1e-9, rtol=0)
    torch.testing.assert_close(torch.linalg.det(forwards), torch.ones(K).double(), atol=1e-5, rtol=0)
    orthogonal = torch.allclose(forwards.mT @ forwards, one, atol=1e-6)
    assert orthogonal == (kind is SkewHamiltonian)


@pytest.mark.parametrize("kind", [Hamiltonian, SkewHamiltonian])
def test_energy_drifts_less_than_1e_5_over_100_steps_in_float32(kind):
    dynamics = operator(kind)
    path = dynamics(torch.randn(32, K, 2 * D), 0, 100)
    assert path.dtype == torch.float32
    energies = dynamics.energies(path)
    total = energies["total"]
    assert ((total - total[:, :1]) / total[:, :1]).abs().max() < 1e-5
    parts = energies["kinetic"] + energies["potential"] + energies["nonseparable"]
    torch.testing.assert_close(parts, total)
    m = dynamics.symmetric().double()
    direct = 0.5 * torch.einsum("btki,kij,btkj->btk", path.double(), m, path.double())
    torch.testing.assert_close(direct, total)
    assert energies["kinetic"].std(dim=1).min() > 1e-3, "its parts are exchanged"


@pytest.mark.parametrize(
    "dynamics",
    [operator(), operator(SkewHamiltonian), Nonlinear(K, D, T), Linear(K, D), Recurrent(K, D), Fourier(D, 8)],
)
def test_a_path_goes_through_its_state(dynamics):
    state = torch.randn(3, K, dynamics.instant + dynamics.windowed)
    path = dynamics(state, -5, 7)
    assert path.shape == (3, 13, *state.shape[1:])
    torch.testing.assert_close(path[:, 5], state, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(dynamics(state, -2, 3), path[:, 3:9], atol=1e-5, rtol=1e-5)
    assert dynamics.show(path).shape == (3, 13, K, dynamics.visible)
    assert (path[:, 1:] - path[:, :-1]).abs().amax((0, 2, 3)).min() > 1e-3, "every frame moves"


def test_modes_of_a_definite_operator_do_not_grow():
    for seed in range(8):
        torch.manual_seed(seed)
        free, bound = Hamiltonian(K, D, T), Hamiltonian(K, D, T, definite=True)
        for dynamics in (free, bound):
            dynamics.weight.data = torch.randn_like(dynamics.weight)
        growth = [torch.linalg.eigvals(d.matrices().double()).real.max() for d in (free, bound)]
        assert growth[0] > 0.1 and growth[1] < 1e-9


@pytest.mark.parametrize("kind", [Hamiltonian, SkewHamiltonian])
def test_a_shared_operator_moves_every_subspace_alike(kind):
    torch.manual_seed(0)
    dynamics = kind(K, D, T, shared=True)
    assert sum(weight.numel() for weight in dynamics.parameters()) == 4 * D * D
    state = torch.randn(3, 1, 2 * D).expand(-1, K, -1)
    path = dynamics(state, -2, 5)
    torch.testing.assert_close(path, path[:, :, :1].expand_as(path))
    own = kind(1, D, T)
    own.load_state_dict(dynamics.state_dict())
    torch.testing.assert_close(own(state[:, :1], -2, 5), path[:, :, :1])
    assert dynamics.energies(path)["total"].shape == (3, 8, K)


def test_a_nonlinear_hamiltonian_is_no_linear_map_but_reversible_and_keeps_its_energy():
    torch.manual_seed(0)
    dynamics, state = Nonlinear(K, D, T), torch.randn(3, K, 2 * D)
    there = dynamics(state, 0, 9)
    torch.testing.assert_close(dynamics(there[:, -1], -9, 0)[:, 0], state, atol=1e-4, rtol=1e-4)
    energy = dynamics.energies(there)["total"]
    assert ((energy - energy[:, :1]).abs().amax(1) / energy[:, 0].abs()).max() < 0.05
    far = 3 * dynamics(state, 0, 9) - dynamics(3 * state, 0, 9)
    assert far.abs().max() > 0.1
    still = state * torch.tensor([0.0, 1, 0, 1])[:, None]
    path = dynamics(still, 0, 3)
    assert not path[:, :, [0, 2]].any() and not dynamics.energies(path)["total"][..., [0, 2]].any()
    torch.testing.assert_close(path[:, :, 1], dynamics(state, 0, 3)[:, :, 1])
    path.square().sum().backward()
    assert all(weight.grad is not None for weight in dynamics.hamiltonians[1].energy.kinetic.parameters())


def test_only_hamiltonian_operators_can_be_shared():
    shape = DataShape(frames=8, channels=3, size=16, actions=3, groups=9)
    with pytest.raises(UserError, match="dynamics linear cannot share"):
        build({"system": "halo", "network": {"dynamics": "linear", "shared": True, "width": 4}}, shape)


def test_periods_start_as_harmonics_of_a_sequence():
    dynamics = Hamiltonian(1, 4, T)
    turns = torch.linalg.eigvals(dynamics.matrices()[0]).imag.abs().sort().values[::2] * T / (2 * torch.pi)
    torch.testing.assert_close(turns, torch.tensor([1.0, 2.0, 3.0, 4.0]), atol=0.1, rtol=0)


def test_only_hamiltonian_flows_come_back():
    state = torch.randn(3, K, 2 * D)
    for dynamics, returns in ((operator(), True), (Linear(K, D), False), (Recurrent(K, D), False)):
        back = dynamics(dynamics(state, 0, 7)[:, 7], -7, 0)[:, 0]
        assert torch.allclose(back, state, atol=1e-4) == returns


@pytest.mark.parametrize("kind", [Linear, Recurrent])
def test_gradients_of_the_ablations_do_not_vanish(kind):
    """From a zero state too, where the public code's are identically zero."""
    for state in (torch.zeros(2, K, 2 * D), torch.randn(2, K, 2 * D)):
        torch.manual_seed(0)
        dynamics = kind(K, D)
        dynamics.bias.data.normal_()
        path = dynamics(state, -15, 15)
        (path - torch.randn_like(path)).square().sum().backward()
        assert dynamics.recurrence.grad.norm() > 1 and dynamics.bias.grad.norm() > 1
        assert (dynamics.drive.grad.norm() > 1) == bool(state.any())


@pytest.mark.parametrize("kind", [Hamiltonian, SkewHamiltonian, Linear, Recurrent])
def test_dynamics_learn_a_rotation(kind):
    """A path that all of them can follow: the loss falls to a tenth."""
    torch.manual_seed(0)
    dynamics = kind(1, 1, T) if issubclass(kind, Hamiltonian) else kind(1, 1)
    times = torch.arange(-4, 5) * 0.6
    state = nn.functional.normalize(torch.randn(16, 1, 2), dim=-1) * 0.7
    turned = torch.stack([times.cos(), times.sin(), -times.sin(), times.cos()], -1).view(-1, 2, 2)
    wanted = torch.einsum("tij,bkj->btki", turned, state)
    optimiser = torch.optim.Adam(dynamics.parameters(), lr=0.03)
    losses = []
    for _ in range(300):
        optimiser.zero_grad()
        losses.append((dynamics(state, -4, 4) - wanted).square().mean())
        losses[-1].backward()
        optimiser.step()
    assert losses[-1] < 0.1 * losses[0]


def test_positional_encoding_is_equation_13():
    dynamics = Fourier(position=4, frames=8)
    states = dynamics(torch.tensor([[[0.25]]]), 0, 7)
    torch.testing.assert_close(states[0, [0, 7], 0, 0], torch.tensor([0.25, 1.25]))
    shown = dynamics.show(states)[0, 7, 0]
    expected = torch.tensor([2.5, 5.0])
    torch.testing.assert_close(shown, torch.cat([expected.sin(), expected.cos()]))


def test_flow_is_differentiable():
    class Flow(nn.Module):
        def __init__(self):
            super().__init__()
            self.dynamics = SkewHamiltonian(1, 2, T).double()

        def forward(self):
            return self.dynamics.flow(torch.tensor([-1.0, 2.0]).double())

    flow = Flow()

    def endpoint(weight):
        return torch.func.functional_call(flow, {"dynamics.weight": weight}, ())

    assert torch.autograd.gradcheck(endpoint, flow.dynamics.weight.detach().requires_grad_())


@pytest.mark.parametrize("kind", [Linear, Recurrent])
def test_a_framewise_recurrence_follows_equation_12(kind):
    dynamics = kind(K, D, framewise=True, sees_all=False)
    dynamics.bias.data.normal_()
    known = torch.randn(3, 6, K, 2 * D)
    path = dynamics(known[:, 2], -2, 3, known)
    assert dynamics.show(path).shape == (3, 6, K, D)

    def step(direction, drive, hidden):
        terms = [(dynamics.drive, drive), (dynamics.recurrence, hidden)]
        total = sum(torch.einsum("kij,bkj->bki", matrix[direction], value) for matrix, value in terms)
        return dynamics.activate(total + dynamics.bias[direction])

    torch.testing.assert_close(path[:, 2], known[:, 2])
    torch.testing.assert_close(path[:, 3], step(0, known[:, 2], known[:, 2]))
    torch.testing.assert_close(path[:, 5], step(0, known[:, 4], path[:, 4]))
    torch.testing.assert_close(path[:, 1], step(1, known[:, 2], known[:, 2]))
    torch.testing.assert_close(path[:, 0], step(1, known[:, 1], path[:, 1]))
    undriven = dynamics(known[:, 2], -2, 3)
    torch.testing.assert_close(undriven[:, [1, 3]], path[:, [1, 3]])
    torch.testing.assert_close(undriven[:, 5], step(0, torch.zeros_like(path[:, 5]), undriven[:, 4]))
