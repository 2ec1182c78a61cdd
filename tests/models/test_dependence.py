"""The dependence of two codes: 0 on average for independent ones, 1 for a code and itself, whatever their scale."""

import pytest
import torch

from latentmotion.models.components.dependence import dependence


def draws(count: int, *sizes: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(count, *sizes, generator=torch.Generator().manual_seed(seed))


def test_independent_codes_have_none_on_average():
    found = [dependence(draws(16, 8, seed=2 * i), draws(16, 6, 2, seed=2 * i + 1)).item() for i in range(400)]
    mean = sum(found) / len(found)
    assert mean == pytest.approx(0, abs=0.02) and min(found) < 0 < max(found), "an unbiased estimate has both signs"


def test_a_code_depends_wholly_on_itself_at_any_scale():
    x = draws(32, 12)
    for scale in (1e-2, 1.0, 1e2):
        assert dependence(x, scale * x.unflatten(1, (3, 4))).item() == pytest.approx(1, abs=1e-2)


def test_what_is_shared_is_seen_and_gradients_lower_it():
    shared = draws(64, 4)
    own = draws(64, 4, seed=1)
    content = torch.cat([shared, own], dim=1).requires_grad_()
    motion = shared[:, None] + 0.1 * draws(64, 3, 4, seed=2)
    before = dependence(content, motion)
    assert before > 0.2
    (gradient,) = torch.autograd.grad(before, content)
    assert dependence(content.detach() - 20 * gradient, motion) < before
    assert gradient[:, :4].norm() > gradient[:, 4:].norm()


def test_equal_codes_give_no_infinity():
    x = torch.zeros(8, 3, requires_grad=True)
    value = dependence(x, torch.zeros(8, 2, 2))
    value.backward()
    assert torch.isfinite(value) and torch.isfinite(x.grad).all()
