"""S3VAE: which cells of a frame move, and what the estimate of the mutual information can tell apart."""

import math

import pytest
import torch

from latentmotion.models.s3vae import moving_cells, mutual_information

BATCH = 16


def posterior(size: int, spread: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Returns means that are `spread` deviations apart from one another, and log variances of 0."""
    generator = torch.Generator().manual_seed(0)
    mean = spread * torch.randn(BATCH, size, generator=generator)
    return mean.requires_grad_(), torch.zeros(BATCH, size)


def test_the_three_cells_that_change_most_are_marked():
    x = torch.zeros(1, 2, 3, 9, 9)
    x[0, 1, :, 0:3, 0:3], x[0, 1, :, 3:6, 6:9], x[0, 1, :, 6:9, 3:6] = 1.0, 0.5, 0.2
    assert moving_cells(x).flatten().tolist() == [1, 0, 0, 0, 0, 1, 0, 1, 0]


def test_codes_that_are_far_apart_give_the_largest_estimate_and_no_gradient():
    f, z = posterior(8, 20.0), posterior(8, 20.0)
    estimate = mutual_information(f[0], f, z[0], z)
    estimate.backward()
    assert estimate.item() == pytest.approx(math.log(BATCH), abs=1e-3)
    assert f[0].grad.abs().max() < 1e-6 and z[0].grad.abs().max() < 1e-6


def test_codes_that_overlap_give_a_smaller_estimate_and_a_gradient():
    f, z = posterior(8, 20.0), posterior(2, 0.7)
    estimate = mutual_information(f[0], f, z[0], z)
    estimate.backward()
    assert 0 < estimate.item() < 0.5 * math.log(BATCH)
    assert z[0].grad.abs().max() > 1e-3
