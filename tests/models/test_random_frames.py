"""Random frames that are decoded in trainings of DSVAE, S3VAE and R-WAE."""

import pytest
import torch

from latentmotion.core.keyed_random import seed_torch
from latentmotion.models.base import Batch, DataShape
from latentmotion.models.components.random_frames import at_frames, random_frames
from latentmotion.training.device import autocast
from latentmotion.training.load import build

SHAPE = DataShape(frames=6, channels=3, size=16, actions=4, groups=8)
NETWORK = {"width": 8, "dense": 32, "features": 12, "content": 8, "motion": 4, "hidden": 8}
SYSTEMS = ["dsvae", "s3vae", "rwae"]


def make(system: str, **network):
    seed_torch(0, "weights")
    return build({"system": system, "network": NETWORK | network}, SHAPE)


def batch() -> Batch:
    x = torch.rand(8, 6, 3, 16, 16, generator=torch.Generator().manual_seed(1)) * 2 - 1
    return Batch(x, torch.arange(8) % 4, torch.arange(8), torch.ones(8, 6, dtype=torch.bool))


def squared_error(model, data: Batch) -> torch.Tensor:
    if hasattr(model, "elbo"):
        return model.elbo(data)[0]["squared_error"]
    codes = model._infer(data.x)
    return model._losses(data.x, codes, autocast(torch.device("cpu"), "float32"))["squared_error"]


def test_every_frame_is_as_often_among_the_chosen():
    seed_torch(0, "frames")
    frames = random_frames(torch.zeros(6000, 6, 2), 3)
    assert frames.shape == (6000, 3)
    assert all(len(set(row)) == 3 for row in frames[:100].tolist()), "no frame is chosen twice"
    torch.testing.assert_close(torch.bincount(frames.flatten()) / 6000, torch.full((6,), 0.5), atol=0.03, rtol=0)
    torch.testing.assert_close(torch.bincount(frames[:, 0]) / 6000, torch.full((6,), 1 / 6), atol=0.02, rtol=0)


def test_values_are_those_of_the_chosen_frames():
    values = torch.arange(24).reshape(2, 3, 4)
    found = at_frames(values, torch.tensor([[2, 0], [1, 1]]))
    assert torch.equal(found, torch.stack([values[0, [2, 0]], values[1, [1, 1]]]))


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_error_of_a_part_of_the_frames_has_no_bias(system):
    data, weights = batch(), {"log_variance": -10.0}  # nearly no noise, so that only the choice of frames differs
    with torch.no_grad():
        whole = squared_error(make(system, **weights).eval(), data)
        part = make(system, decoded_frames=2, **weights).eval()
        assert all(
            torch.equal(a, b) for a, b in zip(part.parameters(), make(system, **weights).parameters(), strict=True)
        )
        found = torch.stack([squared_error(part, data) for _ in range(60)])
    assert found.std() > 0
    assert found.mean().item() == pytest.approx(whole.item(), rel=4 * (found.std() / 60**0.5 / whole).item() + 1e-3)
    with torch.no_grad():
        every = squared_error(make(system, decoded_frames=6, **weights).eval(), data)
    torch.testing.assert_close(every, whole, rtol=1e-2, atol=0)
