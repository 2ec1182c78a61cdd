"""SSIM, PSNR, MSE and the prediction horizon against brute force and known cases."""

import math

import numpy as np
import pytest
import torch

from latentmotion.evaluation.metrics.horizon import horizon
from latentmotion.evaluation.metrics.image_quality import CEILING, mse, psnr, ssim
from latentmotion.evaluation.metrics.relative import CEILING as LARGEST
from latentmotion.evaluation.metrics.relative import relative


def pictures(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).random(shape))


def brute_ssim(x: np.ndarray, y: np.ndarray) -> float:
    """Wang et al. (2004), equation 13, window by window: (C, H, W) of float64."""
    ramp = np.exp(-((np.arange(11) - 5.0) ** 2) / (2 * 1.5**2))
    window = np.outer(ramp, ramp) / ramp.sum() ** 2
    values = []
    for a, b in zip(x, y, strict=True):
        a, b = np.pad(a, 5, mode="reflect"), np.pad(b, 5, mode="reflect")
        for i in range(x.shape[1]):
            for j in range(x.shape[2]):
                p, q = a[i : i + 11, j : j + 11], b[i : i + 11, j : j + 11]
                mp, mq = (window * p).sum(), (window * q).sum()
                vp, vq = (window * (p - mp) ** 2).sum(), (window * (q - mq) ** 2).sum()
                cov = (window * (p - mp) * (q - mq)).sum()
                values.append((2 * mp * mq + 1e-4) * (2 * cov + 9e-4) / ((mp**2 + mq**2 + 1e-4) * (vp + vq + 9e-4)))
    return float(np.mean(values))


@pytest.mark.parametrize("noise", [0.02, 0.2, 1.0])
def test_ssim_equals_brute_force(noise):
    truth = pictures(2, 2, 3, 12, 9)
    x = (truth + noise * (pictures(2, 2, 3, 12, 9, seed=1) - 0.5)).clamp(0, 1)
    found = ssim(x, truth)
    assert found.shape == (2, 2)
    for i in range(2):
        for t in range(2):
            assert found[i, t].item() == pytest.approx(brute_ssim(x[i, t].numpy(), truth[i, t].numpy()), abs=2e-5)


def test_ssim_of_known_cases():
    truth = pictures(1, 3, 3, 16, 16)
    assert ssim(truth, truth) == pytest.approx(np.ones((1, 3)), abs=1e-5)
    assert (ssim(1 - truth, truth) < 0).all(), "an inverted picture is anti-correlated"
    a, b = torch.full((1, 1, 1, 16, 16), 0.2), torch.full((1, 1, 1, 16, 16), 0.6)
    assert ssim(a, b).item() == pytest.approx((2 * 0.2 * 0.6 + 1e-4) / (0.2**2 + 0.6**2 + 1e-4), abs=1e-4)


def test_ssim_of_many_frames_is_that_of_each():
    truth, x = pictures(5, 9, 3, 8, 8), pictures(5, 9, 3, 8, 8, seed=1)
    whole = ssim(x, truth)
    assert whole[3, 4].item() == pytest.approx(ssim(x[3:4, 4:5], truth[3:4, 4:5]).item(), abs=1e-6)


def test_mse_and_psnr_of_a_constant_shift():
    truth = 0.5 * pictures(2, 4, 3, 8, 8)
    x = truth + torch.tensor([0.1, 0.2])[:, None, None, None, None]
    assert mse(x, truth)[:, 0].tolist() == pytest.approx([0.01, 0.04])
    assert psnr(x, truth)[:, 3].tolist() == pytest.approx([20.0, -10 * math.log10(0.04)], abs=1e-4)


def test_an_exact_frame_has_the_psnr_of_rounding():
    truth = pictures(1, 2, 3, 8, 8)
    assert psnr(truth, truth).tolist() == [[pytest.approx(CEILING)] * 2]
    levels = torch.linspace(0, 1, 4096).view(1, 1, 1, 64, 64)
    assert psnr((255 * levels).round() / 255, levels).item() == pytest.approx(CEILING, abs=0.1)


@pytest.mark.parametrize("metric", [mse, psnr, ssim])
def test_frames_that_do_not_fit_are_refused(metric):
    for shape in ((1, 2, 3, 8, 9), (3, 8, 8)):
        with pytest.raises(ValueError, match=r"need two of \(\.\.\., C, H, W\)"):
            metric(pictures(*shape), pictures(1, 2, 3, 8, 8))


def test_horizon_counts_to_the_first_frame_that_is_worse_than_standing_still():
    standstill = torch.full((5, 4), 1.0)
    errors = torch.tensor([[0, 0, 0, 0], [2, 0, 0, 0], [0, 0, 2, 0], [0, 0, 0, 2], [1, 1, 1, 1]])
    assert horizon(errors, standstill).tolist() == [4, 0, 2, 3, 4]


def test_the_horizon_of_standing_still_is_short_and_its_bar_each_sequences_own():
    standstill = torch.tensor([[1.0, 2, 3, 4], [0.1, 0.2, 0.3, 0.4]])
    assert horizon(standstill, standstill).tolist() == [2, 2]
    assert horizon(torch.full((2, 4), 0.3), standstill).tolist() == [4, 0]
    with pytest.raises(ValueError, match="need two"):
        horizon(torch.zeros(2, 3), torch.zeros(2, 4))


def test_relative_errors_stay_numbers():
    error = torch.tensor([0.5, float("inf"), float("nan"), 1e-3, 0.0])
    assert relative(error, torch.tensor([1.0, 1.0, 1.0, 0.0, 0.0])).tolist() == [0.5, *[LARGEST] * 4]
