"""MMD²: its estimator against the double sum and against distributions whose answer is known; the learnt critics."""

import math

import pytest
import torch

from latentmotion.models.components.latent_critic import LatentDiscriminator, ScaledMMD
from latentmotion.models.components.mmd import MIXTURE, mmd2

TOLERANCE = {"atol": 1e-10, "rtol": 1e-8}


def normal(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def double_sum(x: torch.Tensor, y: torch.Tensor, bandwidths: tuple[float, ...]) -> float:
    """The estimator written out, pair by pair."""

    def k(a, b):
        return sum(math.exp(-((a - b) ** 2).sum() / (2 * sigma**2)) for sigma in bandwidths)

    n, m = len(x), len(y)
    within_x = sum(k(x[i], x[j]) for i in range(n) for j in range(n) if i != j) / (n * (n - 1))
    within_y = sum(k(y[i], y[j]) for i in range(m) for j in range(m) if i != j) / (m * (m - 1))
    return within_x + within_y - 2 * sum(k(a, b) for a in x for b in y) / (n * m)


def of_gaussians(mean: float, deviation: float, size: int, bandwidths: tuple[float, ...]) -> float:
    """MMD² of N(0, I) and N(mean, deviation² I) in `size` dimensions: Gaussian integrals of Gaussian kernels."""

    def expected(variance: float, distance: float, sigma: float) -> float:
        width = sigma**2 + variance
        return (sigma / math.sqrt(width) * math.exp(-(distance**2) / (2 * width))) ** size

    return sum(
        expected(2.0, 0.0, s) + expected(2 * deviation**2, 0.0, s) - 2 * expected(1 + deviation**2, mean, s)
        for s in bandwidths
    )


@pytest.mark.parametrize("bandwidths", [(1.0,), (0.5, 3.0), MIXTURE])
@pytest.mark.parametrize(("n", "m", "size"), [(2, 2, 1), (7, 5, 3)])
def test_the_estimator_is_the_double_sum(n, m, size, bandwidths):
    x, y = normal(n, size), 0.7 + 2 * normal(m, size, seed=1)
    assert mmd2(x, y, bandwidths).item() == pytest.approx(double_sum(x, y, bandwidths), rel=1e-9)


@pytest.mark.parametrize(("mean", "deviation"), [(0.0, 1.0), (0.5, 1.0), (0.0, 2.0), (1.5, 0.3)])
@pytest.mark.parametrize("bandwidths", [(1.0,), MIXTURE])
def test_gaussians_have_the_closed_form_on_average(mean, deviation, bandwidths):
    batches, n, size = 400, 40, 3
    x, y = normal(batches, n, size, seed=2), mean + deviation * normal(batches, n, size, seed=3)
    values = mmd2(x, y, bandwidths)
    error = values.std().item() / math.sqrt(batches)
    assert abs(values.mean().item() - of_gaussians(mean, deviation, size, bandwidths)) < 4 * error
    assert error < 0.02
    if (mean, deviation) == (0.0, 1.0):
        assert (values < 0).any(), "an estimate without bias of 0 is negative at times"


def test_each_frame_has_its_own_and_close_samples_keep_their_digits():
    x, y = normal(4, 6, 3), normal(4, 6, 3, seed=1)
    torch.testing.assert_close(mmd2(x, y), torch.stack([mmd2(a, b) for a, b in zip(x, y, strict=True)]))
    # Far from the origin |x|² + |y|² - 2 x y has no digit left in float32.
    shifted = mmd2((x + 4096).float(), (y + 4096).float(), (1.0,))
    torch.testing.assert_close(shifted, mmd2(x, y, (1.0,)).float(), atol=2e-3, rtol=0)


def test_the_scaled_mmd_is_the_mmd_of_the_feature_over_its_slope():
    torch.manual_seed(0)
    penalty = ScaledMMD(5).double().eval()
    prior, posterior = normal(8, 5), 1 + normal(6, 5, seed=1)
    step, slope = 1e-6, 0.0
    with torch.no_grad():
        for axis in torch.eye(5, dtype=torch.float64) * step:
            slope += ((penalty.feature(prior + axis) - penalty.feature(prior - axis)) / (2 * step)).square()
        expected = mmd2(penalty.feature(prior), penalty.feature(posterior), (1.0,)) / (1 + 10 * slope.mean())
    torch.testing.assert_close(penalty(prior, posterior), expected, atol=1e-8, rtol=1e-6)
    torch.testing.assert_close(penalty.critic_loss(prior, posterior), -penalty(prior, posterior), **TOLERANCE)


def test_the_scaled_mmds_weights_have_spectral_norm_one():
    torch.manual_seed(0)
    penalty = ScaledMMD(5)
    for layer in penalty.feature[::2]:
        layer.parametrizations.weight.original.data *= 7.0
    for seed in range(30):
        penalty(normal(8, 5, seed=seed).float(), normal(8, 5, seed=seed + 100).float())
    for layer in penalty.feature[::2]:
        assert torch.linalg.matrix_norm(layer.weight, 2).item() == pytest.approx(1.0, rel=2e-2)


def test_the_discriminators_loss_and_penalty():
    torch.manual_seed(0)
    prior, posterior = normal(8, 4), 2 + normal(8, 4, seed=1)
    blind = LatentDiscriminator(4, penalty=3.0).double()
    for parameter in blind.parameters():
        parameter.data.zero_()
    assert blind.critic_loss(prior, posterior).item() == pytest.approx(2 * math.log(2))
    assert blind(prior, posterior).item() == pytest.approx(math.log(2))

    class Linear(torch.nn.Module):
        def forward(self, z):
            return z @ torch.tensor([[1.0], [-2.0], [0.0], [2.0]], dtype=z.dtype)

    blind.logit = Linear()
    told = (1 + blind.logit(prior).neg().exp()).log().mean() + (1 + blind.logit(posterior).exp()).log().mean()
    expected = told + 3.0 * 9.0  # the slope of a linear logit is its weights, wherever it is taken
    torch.testing.assert_close(blind.critic_loss(prior, posterior), expected, **TOLERANCE)


@pytest.mark.parametrize("kind", [ScaledMMD, lambda size: LatentDiscriminator(size, penalty=0.1)])
def test_a_critic_learns_and_its_penalty_pulls_the_posterior_to_the_prior(kind):
    torch.manual_seed(0)
    critic = kind(3)
    optimiser = torch.optim.Adam(critic.parameters(), lr=1e-3, betas=(0.5, 0.9))
    offset = torch.tensor([1.5, 0.0, 0.0])
    before = critic.critic_loss(torch.randn(256, 3), torch.randn(256, 3) + offset).item()
    for _ in range(60):
        optimiser.zero_grad()
        critic.critic_loss(torch.randn(64, 3), torch.randn(64, 3) + offset).backward()
        optimiser.step()
    assert critic.critic_loss(torch.randn(256, 3), torch.randn(256, 3) + offset).item() < before - 1e-3
    codes = (torch.randn(256, 3) + offset).requires_grad_()
    critic(torch.randn(256, 3), codes).backward()
    pull = codes.grad.mean(0)
    assert pull[0] > 0 and pull[0] > 3 * pull[1:].abs().max()  # descending moves the codes back along the offset
