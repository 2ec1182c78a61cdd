"""FHVAE: its loss is the published one, and its codes are those of segment and utterance."""

import math

import pytest
import torch
from torch.distributions import Categorical, Normal, kl_divergence

from latentmotion.config.schema import Training
from latentmotion.core.keyed_random import normal, seed_torch
from latentmotion.models import fhvae
from latentmotion.models.base import Batch, DataShape
from latentmotion.training.device import autocast
from latentmotion.training.load import build

SPEECH = DataShape(frames=20, channels=200, size=1, actions=1, groups=7)


def make(shape: DataShape = SPEECH, **network):
    seed_torch(0, "weights")
    return build({"system": "fhvae", "network": {"content": 4, "motion": 3, "hidden": 16} | network}, shape)


def speech(count: int = 5, shape: DataShape = SPEECH) -> Batch:
    x = torch.randn(count, shape.frames, shape.channels, generator=torch.Generator().manual_seed(1))
    places = torch.arange(count) % shape.groups
    return Batch(x, torch.zeros(count, dtype=torch.long), places, torch.ones(count, shape.frames, dtype=torch.bool))


def test_the_loss_is_the_discriminative_segment_bound(monkeypatch):
    monkeypatch.setattr(fhvae, "sample", lambda mean, log_variance: mean)
    model, batch = make(discriminative=3.0, segments=11.0), speech()
    x = batch.x
    losses = model.losses(batch)
    content, motion = model.encode(x, batch.action)
    states = model.states(torch.cat([motion, content[:, None].expand(-1, 20, -1)], dim=2))[0]
    frame = Normal(model.frame_head.mean(states), (0.5 * model.frame_head.log_variance(states)).exp())
    h2 = model.content(x)[0][:, -1]
    q2 = Normal(content, (0.5 * model.content_head.log_variance(h2)).exp())
    h1 = model.motion(torch.cat([x, content[:, None].expand(-1, 20, -1)], dim=2))[0][:, -1]
    q1 = Normal(motion[:, 0], (0.5 * model.motion_head.log_variance(h1)).exp())
    centres = model.utterances
    bound = (
        frame.log_prob(x).sum((1, 2))
        - kl_divergence(q1, Normal(0.0, 1.0)).sum(1)
        - kl_divergence(q2, Normal(centres[batch.object], 0.5)).sum(1)
        + Normal(0.0, 1.0).log_prob(centres[batch.object]).sum(1) / 11.0
    )
    named = Categorical(logits=Normal(centres, 0.5).log_prob(content[:, None]).sum(2)).log_prob(batch.object)
    torch.testing.assert_close(losses["bound"], bound.mean(), rtol=1e-5, atol=1e-4)
    torch.testing.assert_close(losses["total"], -(bound + 3.0 * named).mean(), rtol=1e-5, atol=1e-4)


def test_codes_and_samples_on_sound():
    model = make().eval()
    batch = speech()
    with torch.no_grad():
        content, motion = model.encode(batch.x, batch.action)
        assert content.shape == (5, 4) and motion.shape == (5, 20, 3)
        assert torch.equal(motion, motion[:, :1].expand_as(motion)), "z_1 is one code a segment"
        assert model.decode(content, motion).shape == batch.x.shape
        model.frame_head.mean.bias.fill_(5.0)
        assert model.decode(content, motion).max() > 1, "spectrograms are not bounded as pictures are"
        motion = model.sample_motion(batch.action, 33, normal(range(5), model.motion_noise(33), 0, "m"))
        assert model.decode(content, motion).shape == (5, 33, 200)
    noise = normal(range(4000), model.content_noise, 0, "c")
    assert model.sample_content(noise).var().item() == pytest.approx(1.25, rel=0.03)


def test_a_z2_at_its_own_centre_is_named_and_chances_add_up():
    model = make()
    model.utterances.data = 10 * torch.randn(7, 4, generator=torch.Generator().manual_seed(0))
    everyone = torch.arange(7)
    at_home = model._named(model.utterances.detach(), everyone)
    assert at_home.min() > -1e-3
    z2 = torch.randn(1, 4).expand(7, -1)
    model.utterances.data *= 0.1
    assert model._named(z2, everyone).exp().sum().item() == pytest.approx(1.0, abs=1e-5)
    assert at_home.shape == (7,) and model._named(model.utterances[:3].detach(), everyone[4:]).max() < math.log(0.5)


def test_the_content_learns_the_utterance():
    """Utterances that differ by an offset; segments of them by a slope. Judged on segments that were not trained on."""
    shape = DataShape(frames=6, channels=5, size=1, actions=1, groups=8)
    generator = torch.Generator().manual_seed(0)
    offsets = torch.randn(8, 1, 1, 5, generator=generator)
    slopes = torch.randn(8, 20, 1, 5, generator=generator) * torch.linspace(-1, 1, 6)[:, None]
    x = offsets + slopes + 0.1 * torch.randn(8, 20, 6, 5, generator=generator)
    train, held = x[:, :16].flatten(0, 1), x[:, 16:].flatten(0, 1)
    utterance = torch.arange(8).repeat_interleave(16)
    model = make(shape, hidden=24)
    optimisers = model.optimisers(Training(steps=150, batch=128, lr=1e-2))
    batch = Batch(train, torch.zeros(128, dtype=torch.long), utterance, torch.ones(128, 6, dtype=torch.bool))
    for step in range(150):
        seed_torch(0, "step", step)
        model.step(batch, optimisers, autocast(torch.device("cpu"), "float32"))
    model.eval()
    with torch.no_grad():
        content = model.encode(held, torch.zeros(32, dtype=torch.long))[0]
        named = torch.cdist(content, model.utterances).argmin(1)
    assert (named == torch.arange(8).repeat_interleave(4)).float().mean() > 0.8  # chance is 1/8


def test_the_table_of_mu_2_may_start_at_zero_and_learn_faster():
    model, old = make(centre_spread=0.0, centre_rate=30.0), make()
    assert torch.count_nonzero(model.utterances) == 0 and old.utterances.std() > 0.5
    for name, value in old.named_parameters():
        assert name == "utterances" or torch.equal(value, dict(model.named_parameters())[name]), "the same start"
    (optimiser,) = model.optimisers(Training(steps=1, batch=5, lr=1e-3))
    rates = {id(p): group.get("rate", 1.0) for group in optimiser.param_groups for p in group["params"]}
    assert len(rates) == len(list(model.parameters()))
    assert {name for name, p in model.named_parameters() if rates[id(p)] == 30.0} == {"utterances"}
