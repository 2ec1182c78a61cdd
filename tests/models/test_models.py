"""One contract test over every model in models/: shapes, gradients, sampling, save and load, determinism."""

import pytest
import torch
from safetensors.torch import load, save

from latentmotion.config.schema import Training
from latentmotion.core.keyed_random import normal, seed_torch
from latentmotion.core.pixels import to_float
from latentmotion.core.source_code import modules
from latentmotion.models import base as contract
from latentmotion.models.base import Batch, DataShape
from latentmotion.training.device import autocast, channels_last
from latentmotion.training.gradient_check import GradientCensus
from latentmotion.training.load import build

SHAPE = DataShape(frames=8, channels=3, size=16, actions=6, groups=6)
TINY = {
    "halo": {"width": 8, "dense": 32, "features": 16, "content": 8, "motion": 12},
    "dsvae": {"width": 8, "dense": 32, "features": 16, "content": 8, "motion": 4, "hidden": 8},
    "s3vae": {"width": 8, "dense": 32, "features": 16, "content": 8, "motion": 4, "hidden": 8},
    "mocogan": {"width": 4, "content": 8},
    "hgan": {"width": 4, "content": 8, "hidden": 16},
    "hgn": {"width": 4, "decoder": [8, 4, 4], "latent": 2, "state": 2},
    "hamiltonian_flow": {"hidden": 16},
    "gppvae": {"width": 4, "dense": 16, "features": 8, "latent": 4, "rank": 3},
    "ode2vae": {"width": 4, "decoder_width": 4, "dense": 16, "features": 8, "position": 4, "hidden": 8},
    "rwae": {"width": 8, "dense": 32, "features": 16, "content": 8, "motion": 4, "hidden": 8, "encoder_steps": 2},
    "fhvae": {"content": 4, "motion": 4, "hidden": 16},
}
CASES = [(system, {}) for system in modules("models")]
CASES += [("halo", {"conditional": False}), ("halo", {"operators": 3}), ("mocogan", {"conditional": False})]
CASES += [("halo", {"dynamics": kind}) for kind in ("skew", "linear", "recurrent", "fourier")]
CASES += [("halo", {"dynamics": kind, "conditional": False}) for kind in ("skew", "linear", "recurrent", "fourier")]
CASES += [("halo", {"dynamics": kind, "drive": "frames"}) for kind in ("linear", "recurrent")]
CASES += [("s3vae", {"information_between": "frames", "consistency": 1000.0, "prediction": 100.0})]
CASES += [("halo", {"indicator": True}), ("halo", {"dynamics": "fourier", "indicator": True, "operators": 3})]
CASES += [("halo", {"content": 0, "networks": "digits"}), ("halo", {"sees": "state"}), ("ode2vae", {"kl": True})]
CASES += [(system, {"weak": True, "networks": "complex"}) for system in ("dsvae", "rwae")]
CASES += [("dsvae", {"networks": "tfgan"}), ("rwae", {"penalty": "gan", "networks": "tfgan", "cost": "bernoulli"})]


def make(system: str, extra: dict, seed: int = 0) -> contract.SequenceModel:
    seed_torch(seed, "weights")
    return build({"system": system, "network": TINY[system] | extra}, SHAPE)


def batch(count: int = 6) -> Batch:
    generator = torch.Generator().manual_seed(1)
    x = torch.randint(0, 256, (count, SHAPE.frames, SHAPE.channels, SHAPE.size, SHAPE.size), generator=generator)
    places = torch.arange(count)
    return Batch(to_float(x), places % SHAPE.actions, places, torch.ones(count, SHAPE.frames, dtype=torch.bool))


def train(model: contract.SequenceModel, steps: int, precision: str = "float32") -> list[dict]:
    optimisers = model.optimisers(Training(steps=steps, batch=6, lr=1e-3))
    history = []
    for step in range(steps):
        seed_torch(0, "step", step)
        history.append(model.step(batch(), optimisers, autocast(torch.device("cpu"), precision)))
    return history


@pytest.mark.parametrize(("system", "extra"), CASES)
def test_gradients_reach_every_parameter_and_the_loss_falls(system, extra):
    model = make(system, extra)
    before = {name: value.clone() for name, value in model.named_parameters()}
    census = GradientCensus(model)
    optimisers = model.optimisers(Training(steps=12, batch=6, lr=1e-3))
    losses = []
    for step in range(12):
        seed_torch(0, "step", step)
        losses.append(model.step(batch(), optimisers, autocast(torch.device("cpu"), "float32")))
        census = census.check(step + 1, 100) if census else None
    assert census is None
    assert all(not torch.equal(before[name], value) for name, value in model.named_parameters())
    assert all(torch.isfinite(value) for values in losses for value in values.values())
    if "squared_error" in losses[0]:
        assert losses[-1]["squared_error"] < losses[0]["squared_error"]


@pytest.mark.parametrize(("system", "extra"), CASES)
def test_capabilities_are_kept(system, extra):
    model = make(system, extra).eval()
    x, action = batch().x, batch().action
    frames = (SHAPE.channels, SHAPE.size, SHAPE.size)
    with torch.no_grad():
        if contract.ENCODE in model.capabilities:
            content, motion = model.encode(x, action)
            assert content.shape[0] == motion.shape[0] == len(x) and motion.shape[1] == SHAPE.frames
            assert model.decode(content, motion).shape == x.shape
            assert model.decode(content, motion).abs().max() <= 1
        if contract.SAMPLE_MOTION in model.capabilities:
            for length in (SHAPE.frames, 2 * SHAPE.frames):
                ids = range(len(x))
                motion = model.sample_motion(action, length, normal(ids, model.motion_noise(length), 0, "m"))
                content = model.sample_content(normal(ids, model.content_noise, 0, "c"))
                assert model.decode(content, motion).shape == (len(x), length, *frames)
        if contract.PREDICT in model.capabilities:
            assert model.predict(x[:, :1], 16, action).shape == (len(x), 16, *frames)
        if contract.COMPLETE in model.capabilities:
            assert model.complete(batch()).shape == x.shape and model.complete(batch()).abs().max() <= 1
    assert model.capabilities, f"{system} states nothing that it can do"


@pytest.mark.parametrize(("system", "extra"), CASES)
def test_a_sample_does_not_depend_on_its_neighbours(system, extra):
    model = make(system, extra).eval()
    if not {contract.SAMPLE_CONTENT, contract.SAMPLE_MOTION} <= model.capabilities:
        pytest.skip("does not sample")
    action = batch().action
    with torch.no_grad():
        motion = model.sample_motion(action, 8, normal(range(6), model.motion_noise(8), 0, "m"))
        together = model.decode(model.sample_content(normal(range(6), model.content_noise, 0, "c")), motion)
        motion = model.sample_motion(action[4:5], 8, normal([4], model.motion_noise(8), 0, "m"))
        alone = model.decode(model.sample_content(normal([4], model.content_noise, 0, "c")), motion)
    torch.testing.assert_close(together[4:5], alone, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(("system", "extra"), CASES)
def test_same_seed_same_bits_and_weights_survive_saving(system, extra):
    first, second, other = make(system, extra), make(system, extra), make(system, extra, seed=1)
    train(first, 3)
    train(second, 3)
    state = first.state_dict()
    assert all(torch.equal(value, second.state_dict()[name]) for name, value in state.items())
    assert any(not torch.equal(value, other.state_dict()[name]) for name, value in state.items())
    other.load_state_dict(load(save(state)))
    assert all(torch.equal(value, other.state_dict()[name]) for name, value in state.items())


@pytest.mark.parametrize("system", modules("models"))
def test_bfloat16_follows_float32(system):
    exact, fast = make(system, {}), make(system, {})
    channels_last(fast)
    a, b = train(exact, 8), train(fast, 8, "bfloat16")
    for x, y in zip(a, b, strict=True):
        assert abs(x["total"] - y["total"]) < 0.05 * abs(x["total"]) + 0.05


def test_conditional_halo_moves_only_the_subspace_of_its_action():
    model = make("halo", {}).eval()
    with torch.no_grad():
        _, motion = model.encode(batch().x, batch().action)
    blocks = motion.unflatten(2, (SHAPE.actions, -1)).abs().amax((1, 3))
    assert torch.equal(blocks > 0, torch.eye(SHAPE.actions, dtype=torch.bool))


@pytest.mark.parametrize("dynamics", ["hamiltonian", "skew", "linear", "recurrent", "fourier"])
def test_the_decoder_is_shown_which_subspace_moves(dynamics):
    model = make("halo", {"dynamics": dynamics, "indicator": True}).eval()
    shown = []
    model.decoder.register_forward_pre_hook(lambda _, inputs: shown.append(inputs[0]))
    with torch.no_grad():
        model.decode(*model.encode(batch().x, batch().action))
    indicator = shown[0].unflatten(0, (6, SHAPE.frames))[:, :, -SHAPE.actions :]
    assert torch.equal(indicator, torch.eye(SHAPE.actions)[:, None].expand(-1, SHAPE.frames, -1))


@pytest.mark.parametrize("network", [{"conditional": False}, {"operators": 1}])
def test_an_indicator_that_never_changes_is_left_out(network):
    without, given = make("halo", network), make("halo", network | {"indicator": True})
    assert all(torch.equal(value, given.state_dict()[name]) for name, value in without.state_dict().items())


@pytest.mark.parametrize("dynamics", ["linear", "recurrent"])
def test_states_of_all_frames_drive_a_framewise_path_and_a_continued_frame_is_not_driven(dynamics):
    network = {"dynamics": dynamics, "drive": "frames", "content": 0}
    framewise, fixed = make("halo", network).eval(), make("halo", network | {"drive": "start"}).eval()
    x, action = batch().x, batch().action
    other = x.clone()
    other[:, 5] = x[:, 2]
    with torch.no_grad():
        motion, changed = framewise.encode(x, action)[1], framewise.encode(other, action)[1]
        assert not torch.equal(motion[:, 6], changed[:, 6])
        assert torch.equal(motion[:, :6], changed[:, :6]), "a frame drives the steps that come after it"
        # The middle frame is the one that inference starts from by default; its window of frames ends there.
        assert torch.equal(fixed.encode(x, action)[1], fixed.encode(other, action)[1])
        states = framewise.state(x[:, :1], action)
        path = framewise.motion_of(framewise.advance(states, 0, 7))
        assert torch.equal(framewise.decode(x.new_zeros(6, 0), path), framewise.predict(x[:, :1], 8, action))


def test_unknown_and_wrong_network_keys_are_named():
    from latentmotion.core.errors import UserError

    with pytest.raises(UserError, match=r"network\.width.*system halo"):
        build({"system": "halo", "network": {"width": "wide"}}, SHAPE)
    with pytest.raises(UserError, match="multiple of 8"):
        build({"system": "dsvae", "network": TINY["dsvae"]}, DataShape(8, 3, 20, 6, 6))
