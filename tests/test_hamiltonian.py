"""H = J M is Hamiltonian; its flow is symplectic, reversible and keeps its energy."""

import torch

from latentmotion.dynamics.hamiltonian import Hamiltonian


def operator(scale: float = 1.0) -> Hamiltonian:
    torch.manual_seed(0)
    dynamics = Hamiltonian(operators=4, position=6)
    dynamics.weight.data += scale * 0.1 * torch.randn_like(dynamics.weight)
    return dynamics


def test_matrices_are_hamiltonian():
    dynamics = operator()
    product = dynamics.j @ dynamics.matrices()
    torch.testing.assert_close(product, product.mT)
    assert not torch.allclose(dynamics.matrices(), -dynamics.matrices().mT), "skew would be the restricted variant"


def test_flow_is_symplectic_and_reversible():
    dynamics = operator()
    forwards, backwards = dynamics.flow(torch.tensor([3, -3]))
    torch.testing.assert_close(forwards.mT @ dynamics.j @ forwards, dynamics.j.expand(4, -1, -1), atol=1e-5, rtol=0)
    torch.testing.assert_close(backwards @ forwards, torch.eye(12).expand(4, -1, -1), atol=1e-5, rtol=0)
    torch.testing.assert_close(torch.linalg.det(forwards), torch.ones(4), atol=1e-4, rtol=0)


def test_trajectory_goes_through_its_state_and_keeps_its_energy():
    dynamics = operator()
    state = torch.randn(3, 4, 12)
    path = dynamics(state, torch.arange(8) - 5)
    torch.testing.assert_close(path[:, 5], state, atol=1e-5, rtol=1e-5)
    energy = dynamics.energy(path)
    torch.testing.assert_close(energy, energy[:, 5:6].expand_as(energy), atol=1e-4, rtol=1e-4)
    continued = dynamics(path[:, 7], torch.arange(-7, 1))
    torch.testing.assert_close(continued, path, atol=1e-4, rtol=1e-4)


def test_flow_is_differentiable():
    dynamics = operator().double()
    times = torch.tensor([1.0, 2.0])

    def endpoint(weight):
        dynamics.weight.data = weight.detach()
        symmetric = 0.5 * (weight + weight.mT)
        return torch.linalg.matrix_exp(times[:, None, None, None] * (dynamics.j @ symmetric)).sum()

    assert torch.autograd.gradcheck(endpoint, dynamics.weight.detach()[:1].requires_grad_())
