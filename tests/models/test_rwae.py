"""R-WAE: algorithms 1 and 2 as printed, its costs and codes, its networks at every size, on pictures and on sound."""

import math

import pytest
import torch

from latentmotion.config.schema import Training
from latentmotion.core.errors import UserError
from latentmotion.core.keyed_random import normal, seed_torch
from latentmotion.models import base as contract
from latentmotion.models.base import Batch, DataShape
from latentmotion.models.components.action import kl_action, kl_uniform, relaxed
from latentmotion.models.components.drawn_content import drawn_share, with_drawn
from latentmotion.models.components.ladder import LadderDecoder, LadderEncoder
from latentmotion.models.components.mmd import mmd2
from latentmotion.models.components.motion_prior import risen
from latentmotion.training.device import autocast
from latentmotion.training.load import build

VIDEO = DataShape(frames=6, channels=3, size=16, actions=4, groups=8)
SPEECH = DataShape(frames=20, channels=200, size=1, actions=1, groups=8)
SIZES = {"width": 8, "dense": 32, "features": 12, "content": 8, "motion": 4, "hidden": 8}
PENALTIES = ("mmd", "gan")


def make(shape: DataShape = VIDEO, system: str = "rwae", **network):
    seed_torch(0, "weights")
    return build({"system": system, "network": SIZES | network}, shape)


def batch(shape: DataShape = VIDEO, count: int = 8) -> Batch:
    generator = torch.Generator().manual_seed(1)
    frame = (shape.channels,) if shape.size == 1 else (shape.channels, shape.size, shape.size)
    x = torch.rand(count, shape.frames, *frame, generator=generator) * 2 - 1
    places = torch.arange(count)
    return Batch(x, places % shape.actions, places, torch.ones(count, shape.frames, dtype=torch.bool))


def step(model, optimisers, number: int, data: Batch) -> dict:
    seed_torch(0, "step", number)
    return model.step(data, optimisers, autocast(torch.device("cpu"), "float32"))


def changed(before: dict, model) -> set[str]:
    """The top-level parts whose parameters are no longer what they were."""
    return {name.split(".")[0] for name, p in model.named_parameters() if not torch.equal(before[name], p)}


@pytest.mark.parametrize("penalty", PENALTIES)
def test_the_encoder_learns_from_every_batch_the_decoder_from_every_third(penalty):
    model = make(penalty=penalty, encoder_steps=3, weak=True)
    optimisers = model.optimisers(Training(steps=7, batch=8, lr=1e-3))
    always = {"encoder", "content", "motion", "action", "critic"}
    for number in range(7):
        before = {name: value.clone() for name, value in model.named_parameters()}
        step(model, optimisers, number, batch())
        decoding = {"fusion", "states", "decoder", "prior"} if number in (2, 5) else set()
        assert changed(before, model) == always | decoding
        if number < 2:
            assert all(parameter.grad is None for parameter in model.decoder.parameters()), "work for nothing"


def test_the_loss_is_equation_9_with_its_weights():
    weights = {"content_weight": 3.0, "motion_weight": 5.0, "kl_motion": 0.7, "kl_action": 11.0}
    losses = step(
        model := make(weak=True, **weights), model.optimisers(Training(steps=1, batch=8, lr=1e-3)), 0, batch()
    )
    expected = losses["cost"] + 3 * losses["content_penalty"] + 5 * losses["motion_mmd"]
    expected = expected + 0.7 * losses["kl_motion"] + 11 * losses["kl_action"]
    torch.testing.assert_close(losses["total"], expected)
    # Untrained tanh pictures about 0 against uniform ones: the pictures' squares, counted from 0 to 1.
    torch.testing.assert_close(losses["cost"], losses["squared_error"] / 4)


def test_the_motion_is_compared_frame_by_frame_with_draws_of_the_prior():
    model, data = make(), batch()
    plain = autocast(torch.device("cpu"), "float32")
    with torch.no_grad():
        codes = model._infer(data.x)
        seed_torch(0, "draw")
        found = model._losses(data.x, codes, plain)["motion_mmd"]
        seed_torch(0, "draw")
        drawn = model.prior.sample(torch.randn_like(codes.motion))
    expected = sum(mmd2(codes.motion[:, t], drawn[:, t]) for t in range(VIDEO.frames))
    torch.testing.assert_close(found, expected)


def test_bernoulli_cost_is_the_cross_entropy_of_the_decoded_pictures():
    model, data = make(cost="bernoulli"), batch()
    raw = torch.randn_like(data.x)
    p, x = (torch.tanh(raw) + 1) / 2, (data.x + 1) / 2
    expected = -(x * p.log() + (1 - x) * (1 - p).log()).flatten(1).sum(1).mean()
    torch.testing.assert_close(model._cost(raw, data.x), expected, rtol=1e-4, atol=1e-4)


def test_learning_rates_fall_to_a_half_and_to_a_tenth():
    model = make(encoder_rate=0.2, critic_rate=0.4)
    optimisers = model.optimisers(Training(steps=4, batch=8, lr=1e-3))
    for progress, factor in ((0.0, 1.0), (0.09, 1.0), (0.1, 0.5), (0.2, 0.1), (1.0, 0.1)):
        model.progress = progress
        step(model, optimisers, 0, batch())
        rates = [group["rate"] for optimiser in optimisers for group in optimiser.param_groups]
        assert rates == pytest.approx([0.2 * factor, factor, 0.4 * factor])


@pytest.mark.parametrize("penalty", PENALTIES)
def test_a_training_goes_on_where_it_stopped(penalty):
    whole, first = make(penalty=penalty, encoder_steps=3), make(penalty=penalty, encoder_steps=3)
    training = Training(steps=6, batch=8, lr=1e-3)
    optimisers = whole.optimisers(training)
    for number in range(6):
        step(whole, optimisers, number, batch())
    optimisers = first.optimisers(training)
    for number in range(4):
        step(first, optimisers, number, batch())
    second = make(penalty=penalty, encoder_steps=3)
    second.load_state_dict(first.state_dict())
    saved, optimisers = [optimiser.state_dict() for optimiser in optimisers], second.optimisers(training)
    for optimiser, content in zip(optimisers, saved, strict=True):
        optimiser.load_state_dict(content)
    for number in range(4, 6):
        step(second, optimisers, number, batch())
    assert all(torch.equal(value, second.state_dict()[name]) for name, value in whole.state_dict().items())


def test_motion_is_inferred_from_the_past_and_means_chain():
    model, data = make().eval(), batch()
    other = data.x.clone()
    other[:, 4:] = -other[:, 4:]
    with torch.no_grad():
        motion, changed_motion = (model.encode(x, data.action)[1] for x in (data.x, other))
        torch.testing.assert_close(motion[:, :4], changed_motion[:, :4])
        assert not torch.allclose(motion[:, 4], changed_motion[:, 4])
        features = model.features(data.x)
        _, (mean, _) = model.motion(features, draw=False)
    torch.testing.assert_close(motion, mean)


@pytest.mark.parametrize("system", ["rwae", "dsvae"])
def test_the_action_is_one_hot_uniform_and_not_a_label(system):
    model = make(system=system, weak=True).eval()
    data = batch()
    with torch.no_grad():
        for motion in (
            model.encode(data.x, data.action)[1],
            model.sample_motion(data.action, 9, normal(range(8), model.motion_noise(9), 0, "m")),
            model.sample_motion(1 - data.action.clamp(max=1), 9, normal(range(8), model.motion_noise(9), 0, "m")),
        ):
            action = motion[..., SIZES["motion"] :]
            assert action.shape[2] == VIDEO.actions
            assert torch.equal(action.amax(2), torch.ones(action.shape[:2])) and (action.sum(2) == 1).all()
            assert torch.equal(action, action[:, :1].expand_as(action))
        counts = model.action.from_normal(normal(range(4000), VIDEO.actions, 0, "a")).mean(0)
    torch.testing.assert_close(counts, torch.full((4,), 0.25), atol=0.03, rtol=0)
    assert contract.ACTION_MOTION not in model.capabilities
    with pytest.raises(UserError, match="weak: needs a dataset with two actions"):
        make(SPEECH, system, weak=True, networks="perceptron")


def test_divergence_and_relaxation_of_the_action():
    even, sure = torch.full((1, 5), math.log(0.2)), torch.log_softmax(torch.tensor([[99.0, 0, 0, 0, 0]]), 1)
    assert kl_uniform(even).item() == pytest.approx(0, abs=1e-6)
    assert kl_uniform(sure).item() == pytest.approx(math.log(5))
    seed_torch(0, "gumbel")
    p = torch.tensor([0.6, 0.3, 0.1])
    drawn = relaxed(p.log().expand(20000, 3), 0.67)
    torch.testing.assert_close(drawn.sum(1), torch.ones(20000))
    # The largest of log p + Gumbel noise is class j with probability p_j, at any temperature.
    torch.testing.assert_close(torch.bincount(drawn.argmax(1), minlength=3) / 20000, p, atol=0.012, rtol=0)


@pytest.mark.parametrize("system", ["rwae", "dsvae"])
@pytest.mark.parametrize("networks", ["simple", "complex", "tfgan", "perceptron"])
@pytest.mark.parametrize("size", [16, 32, 64])
def test_networks_at_every_size(system, networks, size):
    shape = DataShape(frames=3, channels=1, size=size, actions=2, groups=4)
    model, data = make(shape, system, networks=networks, width=4), batch(shape, 4)
    losses = step(model, model.optimisers(Training(steps=1, batch=4, lr=1e-3)), 0, data)
    assert all(torch.isfinite(value) for value in losses.values())
    model.eval()
    with torch.no_grad():
        decoded = model.decode(*model.encode(data.x, data.action))
    assert decoded.shape == data.x.shape and decoded.abs().max() <= 1 and decoded.std() > 0


@pytest.mark.parametrize("system", ["rwae", "dsvae"])
def test_sound_of_200_dimensions_is_encoded_decoded_and_sampled(system):
    model, data = make(SPEECH, system, networks="perceptron", width=32), batch(SPEECH)
    optimisers = model.optimisers(Training(steps=20, batch=8, lr=3e-3))
    errors = [step(model, optimisers, number, data)["squared_error"] for number in range(20)]
    assert errors[-1] < errors[0]
    model.eval()
    with torch.no_grad():
        content, motion = model.encode(data.x, data.action)
        assert content.shape == (8, 8) and motion.shape == (8, 20, 4)
        assert model.decode(content, motion).shape == data.x.shape
        model.decoder.layers[-1].bias.fill_(5.0)
        assert model.decode(content, motion).max() > 1, "spectrograms are not bounded as pictures are"
        motion = model.sample_motion(data.action, 40, normal(range(8), model.motion_noise(40), 0, "m"))
        assert model.decode(content, motion).shape == (8, 40, 200)
    if system == "rwae":  # sound's squares are of standardised numbers, which have no range
        losses = step(model, optimisers, 20, data)
        torch.testing.assert_close(losses["cost"], losses["squared_error"])


def test_the_ladder_has_the_papers_maps_at_64_pixels():
    encoder, decoder = LadderEncoder(3, 64, 4, 150), LadderDecoder(150, 3, 64, 6)
    assert [block.two.out_channels // 4 for block in encoder.blocks] == [1, 2, 4, 8, 16]  # 64 to 1024
    assert [rung.out_features for rung in encoder.rungs] == [25] * 6
    assert encoder.rungs[-1].in_features == 16 * 4 * 2 * 2  # 1024 x 2 x 2
    assert decoder.first.out_features == 32 * 6 * 2 * 2  # 3072 x 2 x 2
    assert [block.two.out_channels // 6 for block in decoder.blocks] == [16, 8, 4, 2, 1]  # 1536 to 96
    assert decoder.attention.query.in_channels == 2 * 6  # before the last block
    with torch.no_grad():
        x = torch.randn(2, 3, 64, 64)
        decoder.eval()
        h = encoder(x)
        parts = [decoder(h.index_fill(1, torch.arange(25 * i, 25 * i + 25), 0.0)) for i in range(6)]
        whole = decoder(h)
    assert all(not torch.allclose(part, whole) for part in parts), "a rung that changes nothing is not connected"


@pytest.mark.parametrize("networks", ["complex", "tfgan"])
def test_features_of_nearly_equal_frames_differ_where_they_are_normalised(networks):
    data = batch()
    x = torch.where(torch.rand(data.x.shape, generator=torch.Generator().manual_seed(2)) < 0.1, data.x, -1.0)
    bare, normalised = (
        make(networks=networks, feature_norm=feature_norm).features(x).flatten(0, 1).std(0).mean().item()
        for feature_norm in (False, True)
    )
    assert bare < 0.3 and normalised > 5 * bare


def test_the_prior_is_matched_by_all_codes_together_where_the_penalty_counts():
    """Sequences that differ by an offset: without beta_1 their contents need not be normal, with it they come near."""
    shape = DataShape(frames=3, channels=6, size=1, actions=1, groups=64)
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(64, 1, 6, generator=generator) + 0.3 * torch.randn(64, 3, 6, generator=generator)
    data = Batch(x, torch.zeros(64, dtype=torch.long), torch.arange(64), torch.ones(64, 3, dtype=torch.bool))
    distance = {}
    for name, settings in {
        "free": {"content_weight": 0.0},
        "mmd": {"content_weight": 300.0},
        "gan": {"content_weight": 30.0, "penalty": "gan", "gradient_penalty": 1.0},
    }.items():
        rates = {
            "encoder_rate": 1.0,
            "critic_rate": 1.0,
            "encoder_steps": 1,
            "motion_weight": 1.0,
            "log_variance": -4.0,
        }
        model = make(shape, networks="perceptron", width=32, content=4, **rates, **settings)
        optimisers = model.optimisers(Training(steps=80, batch=64, lr=3e-3, betas=(0.5, 0.9)))
        for number in range(80):
            step(model, optimisers, number, data)
        with torch.no_grad():
            seed_torch(0, "judge")
            codes = torch.cat([model._infer(x).content for _ in range(4)])
            distance[name] = mmd2(codes, torch.randn(256, 4)).item()
    assert distance["mmd"] < 0.5 * distance["free"] and distance["gan"] < 0.5 * distance["free"], distance


def test_content_is_closed_at_first_and_later_drawn_for_a_share():
    shares = [drawn_share(progress, 0.2, 0.3, 0.8) for progress in (0.0, 0.01, 0.19, 0.2, 0.79, 0.8, 1.0)]
    assert shares == [0.0, 1.0, 1.0, 0.3, 0.3, 0.0, 0.0]
    content = torch.full((4000, 2), 9.0)
    state = torch.get_rng_state()
    same, own = with_drawn(content, 0.0)
    assert same is content and own.all() and torch.equal(state, torch.get_rng_state()), "no number is drawn for it"
    seed_torch(0, "drawn")
    drawn, own = with_drawn(content, 0.3)
    assert own.mean().item() == pytest.approx(0.7, abs=0.03)
    assert (drawn[own == 1] == 9).all() and drawn[own == 0].std().item() == pytest.approx(1, abs=0.05)
    assert not with_drawn(content, 1.0)[1].any()


def test_contents_may_be_drawn_from_other_sequences():
    """The codes are 10 to 10.5, so that draws of N(0, 1) can be told from them."""
    content = 10 + torch.arange(4000.0)[:, None].expand(-1, 2) / 8000
    for source, alien in (("batch", 0.0), ("both", 0.5), ("prior", 1.0)):
        seed_torch(0, "drawn")
        drawn, own = with_drawn(content, 0.4, source)
        assert own.mean().item() == pytest.approx(0.6, abs=0.03) and torch.equal(drawn[own == 1], content[own == 1])
        replaced = drawn[own == 0]
        assert (replaced < 9).all(1).float().mean().item() == pytest.approx(alien, abs=0.04)
        of_others = replaced[replaced[:, 0] > 9]
        assert torch.isin(of_others, content).all() and torch.equal(of_others[:, 0], of_others[:, 1])
        assert (replaced != content[own == 0]).all(1).float().mean() > 0.99


@pytest.mark.parametrize("system", ["rwae", "dsvae"])
def test_closed_content_learns_nothing_from_the_reconstruction(system):
    weights = {"content_weight": 0.0, "joint": True, "encoder_steps": 1} if system == "rwae" else {}
    data = batch()
    for closed in (0.0, 1.0):
        model = make(system=system, content_closed=closed, **weights)
        model.progress = 0.5
        step(model, model.optimisers(Training(steps=1, batch=8, lr=1e-3)), 0, data)
        learnt = [p.grad is not None and bool(p.grad.abs().sum() > 0) for p in model.content.head.mean.parameters()]
        assert all(learnt) if closed == 0 else not any(learnt)


@pytest.mark.parametrize("penalty", PENALTIES)
def test_one_backward_pass_gives_encoder_and_decoder_the_gradients_of_two(penalty):
    """The decoder of the separate update sees new draws, so only the encoder's update can be compared exactly."""
    settings = {"penalty": penalty, "encoder_steps": 1, "encoder_rate": 1.0}
    after = {}
    for joint in (False, True):
        model = make(joint=joint, **settings)
        optimisers = model.optimisers(Training(steps=1, batch=8, lr=1e-3))
        before = {name: value.clone() for name, value in model.named_parameters()}
        step(model, optimisers, 0, batch())
        assert changed(before, model) == {name.split(".")[0] for name, _ in model.named_parameters()}
        after[joint] = {name: value.clone() for name, value in model.named_parameters()}
    for name, value in after[True].items():
        if name.split(".")[0] in ("encoder", "content", "motion", "critic"):
            torch.testing.assert_close(value, after[False][name])


def test_each_new_term_enters_the_loss_with_its_weight():
    weights = {"dependence": 5.0, "kl_motion": 4.0, "kl_action": 3.0, "action_divergence": "batch"}
    rise = {"kl_motion_first": 0.25, "kl_motion_rise": (0.2, 0.4)}
    model = make(weak=True, motion_divergence="conditional", motion_statistics="running", **weights, **rise)
    model.progress = 0.3  # half of the way from 1/4 to 4, by factors
    losses = step(model, model.optimisers(Training(steps=1, batch=8, lr=1e-3)), 0, batch())
    expected = losses["cost"] + 10 * losses["content_penalty"] + 60 * losses["motion_mmd"]
    expected = expected + losses["kl_motion"] + 3 * losses["kl_action"] + 5 * losses["dependence"]
    torch.testing.assert_close(losses["total"], expected)


def test_the_weight_of_the_motions_divergence_rises_by_factors():
    found = [risen(progress, 0.1, 10.0, (0.2, 0.6)) for progress in (0.0, 0.2, 0.4, 0.6, 1.0)]
    assert found == pytest.approx([0.1, 0.1, 1.0, 10.0, 10.0])
    assert risen(0.0, None, 3.0, (0.2, 0.6)) == 3.0


def test_the_mean_of_sure_classes_may_be_uniform():
    sure = torch.log_softmax(50 * torch.eye(4), dim=1)
    assert kl_action(sure, "batch").item() == pytest.approx(0, abs=1e-5) and kl_action(sure, "sequence") > 1.3
    assert kl_action(sure[:1], "batch").item() == pytest.approx(kl_action(sure[:1], "sequence").item(), abs=1e-5)


def test_conditional_draws_continue_the_past_of_the_codes():
    model, data = make(motion_divergence="conditional"), batch()
    with torch.no_grad():
        codes = model._infer(data.x)
        expected = model.prior(codes.motion)
        seed_torch(0, "draw")
        found = model._drawn_motion(codes, expected)
        seed_torch(0, "draw")
        torch.testing.assert_close(found, expected[0] + (0.5 * expected[1]).exp() * torch.randn_like(expected[0]))


def test_running_statistics_make_codes_independent_of_each_other():
    model, data = make(motion_statistics="running"), batch()
    with torch.no_grad():
        for _ in range(3):
            model._infer(data.x)
        found = []
        for x in (data.x, torch.cat([data.x[:1], -data.x[1:]])):
            seed_torch(0, "codes")
            state = {name: value.clone() for name, value in model.named_buffers()}
            found.append(model._by_running_statistics(x)[0])
            assert all(torch.equal(value, state[name]) for name, value in model.named_buffers()), "nothing is counted"
    torch.testing.assert_close(*found)
    assert model.encoder.training


def test_without_its_clock_the_decoder_sees_one_motion_code_a_frame():
    model, data = make(clock=False).eval(), batch()
    with torch.no_grad():
        content, motion = model.encode(data.x, data.action)
        torch.testing.assert_close(model.decode(content, motion.flip(1)).flip(1), model.decode(content, motion))


def test_impossible_settings_are_named():
    with pytest.raises(UserError, match="joint of system rwae: one backward pass"):
        make(joint=True, encoder_steps=5)
    with pytest.raises(UserError, match="networks: simple is for pictures; set it to perceptron"):
        make(SPEECH)
    with pytest.raises(UserError, match="bernoulli is for pictures"):
        make(SPEECH, networks="perceptron", cost="bernoulli")
    with pytest.raises(UserError, match="size: 24 is no power of 2"):
        make(DataShape(6, 3, 24, 4, 8), networks="complex")
    with pytest.raises(UserError, match="features: 3 are too few"):
        make(networks="complex", features=3)
    with pytest.raises(UserError, match=r"network\.encoder_steps"):
        make(encoder_steps=0)
