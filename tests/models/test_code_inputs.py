"""What DSVAE, S3VAE and R-WAE infer codes from: random frames, frames with shuffled patches, and centred features."""

import pytest
import torch

from latentmotion.core.errors import UserError
from latentmotion.core.keyed_random import seed_torch
from latentmotion.models.base import PREDICT, Batch, DataShape
from latentmotion.models.components.code_inputs import features_of_both, shuffled_patches
from latentmotion.training.load import build

SHAPE = DataShape(frames=6, channels=3, size=16, actions=4, groups=8)
NETWORK = {"width": 8, "dense": 32, "features": 12, "content": 8, "motion": 4, "hidden": 8}
SYSTEMS = ["dsvae", "s3vae", "rwae"]


def make(system: str = "dsvae", **network):
    seed_torch(0, "weights")
    return build({"system": system, "network": NETWORK | network}, SHAPE)


def batch() -> Batch:
    x = torch.rand(8, 6, 3, 16, 16, generator=torch.Generator().manual_seed(1)) * 2 - 1
    return Batch(x, torch.arange(8) % 4, torch.arange(8), torch.ones(8, 6, dtype=torch.bool))


def encoded(model) -> list[torch.Tensor]:
    """Collects the frames that the encoder is given from now on, as (8, frames, 3, 16, 16)."""
    seen = []
    model.encoder.register_forward_pre_hook(lambda _, given: seen.append(given[0].unflatten(0, (8, -1))))
    return seen


def test_patches_are_those_of_the_frame_in_the_given_order():
    x = batch().x
    order = torch.rand(8, 6, 16, generator=torch.Generator().manual_seed(2)).argsort(2)
    found = shuffled_patches(x, 4, order)
    for place in range(16):
        row, column = divmod(place, 4)
        source = divmod(int(order[3, 2, place]), 4)
        patch = x[3, 2, :, 4 * source[0] : 4 * source[0] + 4, 4 * source[1] : 4 * source[1] + 4]
        assert torch.equal(found[3, 2, :, 4 * row : 4 * row + 4, 4 * column : 4 * column + 4], patch)
    assert torch.equal(shuffled_patches(found, 4, order.argsort(2)), x)


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_motion_sees_the_frames_and_the_content_shuffled_patches(system):
    model, data = make(system, content_patch=4, content_frames=2), batch()
    seen = encoded(model)
    seed_torch(0, "first")
    features_of_both(model, data.x, draw=True)
    features_of_both(model, data.x, draw=True)
    model.eval().encode(data.x, data.action)
    model.encode(data.x, data.action)
    first, second, trained, again = seen
    assert first.shape[1] == second.shape[1] == 2 + 6 and trained.shape[1] == 6 + 6
    for shown in seen:
        assert torch.equal(shown[:, -6:], data.x)
    assert not torch.equal(first, second), "training draws frames and orders"
    assert torch.equal(trained, again), "a trained model has fixed orders"
    torch.testing.assert_close(trained[:, :6].sum((3, 4)), data.x.sum((3, 4)))  # all frames, with all their patches
    assert not torch.isclose(trained[:, :6], data.x).all(4).all(3).any(), "each frame is shuffled"


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_content_of_one_frame_does_not_hold_the_order_of_frames(system):
    model, data = make(system, content_frames=1), batch()
    given = []
    model.content.lstm.register_forward_pre_hook(lambda _, inputs: given.append(inputs[0]))
    with torch.no_grad():
        model.elbo(data) if hasattr(model, "elbo") else model._infer(data.x)
        model.eval().encode(data.x, data.action)
    assert torch.equal(given[0], given[0][:, :1].expand_as(given[0])), "training repeats one frame"
    assert not torch.equal(given[1], given[1][:, :1].expand_as(given[1])), "a trained model infers from all frames"


def test_two_frames_are_repeated_in_turn():
    model, data = make(content_frames=2), batch()
    for_content, for_motion = features_of_both(model, data.x, draw=True)
    assert for_content.shape == for_motion.shape
    assert torch.equal(for_content[:, :2], for_content[:, 2:4]) and torch.equal(for_content[:, :2], for_content[:, 4:])
    assert not torch.equal(for_content[:, 0], for_content[:, 1])
    for own, of_sequence in zip(for_content[:, 0], for_motion, strict=True):
        assert (own == of_sequence).all(1).any(), "frames are those of the sequence"


def test_without_restrictions_both_see_the_same_features():
    model, data = make(), batch()
    for_content, for_motion = features_of_both(model, data.x, draw=True)
    assert for_content is for_motion


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_centred_motion_does_not_see_what_is_the_same_in_all_frames(system):
    model, data = make(system, motion_centred=True).eval(), batch()
    still = data.x[:, :1].expand_as(data.x)
    with torch.no_grad():
        _, changing = features_of_both(model, data.x, draw=False)
        for_content, unchanging = features_of_both(model, still, draw=False)
        frames = model.features(still)
    torch.testing.assert_close(changing.mean(1), torch.zeros_like(changing[:, 0]), atol=1e-5, rtol=0)
    torch.testing.assert_close(unchanging, torch.zeros_like(unchanging), atol=1e-5, rtol=0)
    assert torch.equal(for_content, frames), "the content sees the frames as they are"


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_centred_model_does_not_continue_single_frames(system):
    assert PREDICT in make(system).capabilities
    assert PREDICT not in make(system, motion_centred=True).capabilities


def test_codes_by_running_statistics_are_centred_too():
    model, data = make("rwae", motion_centred=True, motion_statistics="running"), batch()
    given = []
    model.motion.register_forward_pre_hook(lambda _, inputs: given.append(inputs[0]))
    model._infer(data.x)
    assert len(given) == 2
    for features in given:
        torch.testing.assert_close(features.mean(1), torch.zeros_like(features[:, 0]), atol=1e-5, rtol=0)


@pytest.mark.parametrize("system", SYSTEMS)
def test_patches_that_do_not_fit_are_named(system):
    with pytest.raises(UserError, match="content_patch: frames of 16 pixels cannot be cut into patches of 5 pixels"):
        make(system, content_patch=5)
