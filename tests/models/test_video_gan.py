"""Settings of video GANs that their papers do not have: each does what it says, and is off unless it is asked for."""

import numpy as np
import pytest
import torch
from torch import nn

from latentmotion.config.schema import Training
from latentmotion.core.errors import UserError
from latentmotion.core.keyed_random import seed_torch
from latentmotion.models.base import Batch, DataShape
from latentmotion.models.components import video_gan, video_gan_networks
from latentmotion.training.device import autocast
from latentmotion.training.load import build

SHAPE = DataShape(frames=8, channels=3, size=16, actions=2, groups=6)
BACKGROUND = (0.321, 0.349, 0.368)


def make(system: str = "mocogan", shape: DataShape = SHAPE, **network):
    seed_torch(0, "weights")
    return build({"system": system, "network": {"width": 4, "content": 3} | network}, shape)


def batch(count: int = 8) -> Batch:
    x = torch.rand(count, 8, 3, 16, 16, generator=torch.Generator().manual_seed(2)) * 2 - 1
    return Batch(x, torch.arange(count) % 2, torch.arange(count), torch.ones(count, 8, dtype=torch.bool))


def losses(model, steps: int = 1, precision: str = "float32") -> list[dict]:
    optimisers, found = model.optimisers(Training(steps=steps, batch=8, lr=1e-3)), []
    for step in range(steps):
        seed_torch(0, "step", step)
        found.append(model.step(batch(), optimisers, autocast(torch.device("cpu"), precision)))
    return found


def test_discriminators_without_batch_normalisation_have_biases():
    model = make(discriminator_norm=False)
    for network in (model.image_discriminator, model.video_discriminator):
        assert not any(isinstance(module, nn.BatchNorm2d | nn.BatchNorm3d) for module in network)
        assert all(module.bias is not None for module in list(network)[:-1] if hasattr(module, "bias"))
    assert any(isinstance(module, nn.BatchNorm3d) for module in make().video_discriminator)


def test_the_deviation_of_a_batch_is_seen_by_its_last_layer():
    same, other = torch.ones(5, 3, 2, 2), torch.arange(5.0)[:, None, None, None].expand(5, 3, 2, 2)
    made = video_gan_networks.BatchDeviation()
    assert made(same).shape == (5, 4, 2, 2) and made(same)[:, 3].max() < 1e-3
    assert made(other)[:, 3].numpy() == pytest.approx(np.std(np.arange(5)))
    assert torch.equal(made(other)[:, :3], other)
    model = make(batch_deviation=True)
    assert model.image_discriminator[-1].in_channels == make().image_discriminator[-1].in_channels + 1
    assert "image_discriminator" in losses(model)[0]


@pytest.mark.parametrize(("size", "frames"), [(8, 8), (16, 3), (32, 16), (24, 5), (64, 16), (96, 16)])
def test_strides_in_time_leave_one_number_a_video(size, frames):
    network = video_gan_networks.video_discriminator(DataShape(frames, 3, size, 2, 4), 2, 3, True, 2)
    with torch.no_grad():
        assert network(torch.randn(2, 3, frames, size, size)).shape == (2, 3, 1, 1, 1)
    kernels = [module.kernel_size[0] for module in network if isinstance(module, nn.Conv3d)]
    assert kernels[0] == 4 and network[0].stride == (2, 2, 2)
    if (size, frames) == (96, 16):
        assert kernels == [4, 4, 4, 4, 1]


def test_what_the_last_layer_adds_is_added_to_the_background():
    model = make(background=BACKGROUND)
    model.generator[-2].weight.data.zero_()
    with torch.no_grad():
        x = model.decode(torch.randn(2, 3), torch.randn(2, 8, 12))
    torch.testing.assert_close(x[1, 5, :, 3, 7], 2 * torch.tensor(BACKGROUND) - 1)
    assert list(make(background=(0.0, 0.5, 1.0)).generator[-2].bias.detach().numpy()) == pytest.approx(
        [-1.9459, 0, 1.9459], abs=1e-3
    )
    assert make().generator[-2].bias is None
    with pytest.raises(UserError, match=r"network\.background: 2 numbers, but frames have 3 channels"):
        make(background=(0.1, 0.2))


def test_the_penalty_is_the_squared_slope():
    """Of D(x) = w . x it is |w|^2, and its derivative by w is 2 w."""
    weights, x = torch.randn(12, requires_grad=True), torch.randn(5, 3, 2, 2, requires_grad=True)
    slope = video_gan._slope((x.flatten(1) @ weights)[:, None], x)
    torch.testing.assert_close(slope, weights.square().sum())
    slope.backward()
    torch.testing.assert_close(weights.grad, 2 * weights.detach())


def test_the_penalty_comes_at_every_so_many_steps_and_so_many_times_as_strong():
    found = [float(step["r1"]) for step in losses(make(r1=2.0, r1_every=3), 7)]
    assert [value > 0 for value in found] == [True, False, False, True, False, False, True]
    once = float(losses(make(r1=2.0, r1_every=1))[0]["r1"])
    assert found[0] == pytest.approx(3 * once, rel=1e-5)
    assert "r1" not in losses(make())[0] and "steps" not in make().state_dict()


def test_a_penalty_goes_on_where_a_training_was_stopped():
    model = make(r1=1.0, r1_every=4)
    losses(model, 3)
    again = make(r1=1.0, r1_every=4)
    again.load_state_dict(model.state_dict())
    assert again.steps == 3
    assert [float(step["r1"]) > 0 for step in losses(again, 2)] == [False, True]


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("system", ["mocogan", "hgan"])
def test_all_settings_together(system, precision):
    chosen = {"discriminator_norm": False, "r1": 1.0, "time_stride": 2, "video_share": 0.25, "window": 5}
    model = make(system, **chosen, real_label=0.9, background=BACKGROUND, code_units=6)
    before = [parameter.detach().clone() for parameter in model.parameters()]
    found = losses(model, 2, precision)
    assert all(np.isfinite(float(value)) for step in found for value in step.values())
    assert all(not torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True)), "something stands still"


def test_linear_layers_in_front_of_the_generator():
    model = make(code_units=5)
    assert [(m.in_features, m.out_features) for m in model.generator if isinstance(m, nn.Linear)] == [(15, 5), (5, 5)]
    assert model.decode(torch.randn(2, 3), torch.randn(2, 8, 12)).shape == (2, 8, 3, 16, 16)
    assert not any(isinstance(module, nn.Linear) for module in make().generator)


def test_one_sided_labels_move_the_answer_to_real_data_alone(monkeypatch):
    asked = []

    def binary(logits, target):
        asked.append(target)
        return logits.float().mean()

    monkeypatch.setattr(video_gan, "_binary", binary)
    losses(make(real_label=0.9))
    assert asked == [0.9, 0.0, 0.9, 0.0, 1.0, 1.0]


def test_the_share_of_whole_videos():
    """Of 8 sequences 2 are generated whole: 16 frames and 6 of the others go through G, D_V sees 2 videos, D_I 8."""
    model, seen = make(video_share=0.25), {}
    for name in ("generator", "image_discriminator", "video_discriminator"):
        network = getattr(model, name)
        network.register_forward_pre_hook(
            lambda _, given, name=name: seen.setdefault(name, []).append(tuple(given[0].shape))
        )
    losses(model)
    assert seen["generator"] == [(2 * 8 + 6, 15, 1, 1)]
    assert seen["image_discriminator"] == [(8, 3, 16, 16)] * 3
    assert seen["video_discriminator"] == [(2, 3, 8, 16, 16)] * 3


def test_windows_begin_at_any_frame():
    model = make("hgan", window=3)
    motion = torch.arange(11.0)[None, :, None].expand(64, -1, 10)
    found = model._windows(motion, 8)
    assert found.shape == (64, 8, 10) and set(found[:, 0, 0].tolist()) == {0.0, 1.0, 2.0, 3.0}
    assert torch.equal(found[:, 1:] - found[:, :-1], torch.ones(64, 7, 10))


def test_states_are_normalised_unless_that_is_switched_off():
    states = make("hgan", state_norm=False).sample_state(7 * torch.randn(64, 10) + 3)[:, 0]
    assert states.mean(0).abs().max() > 0.1
    assert any(name.startswith("map.3") for name in make("hgan").state_dict())
    assert not any(name.startswith("map.3") for name in make("hgan", state_norm=False).state_dict())
