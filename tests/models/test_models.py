"""One contract test over every model in models/: shapes, gradients, sampling, save and load, determinism."""

import pytest
import torch

from latentmotion.contracts import models
from latentmotion.contracts.models import SHAPE, batch
from latentmotion.core.source_code import modules
from latentmotion.models import base as contract
from latentmotion.models.base import DataShape
from latentmotion.training.load import build

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
    return models.maker(system, TINY[system] | extra)(seed)


@pytest.fixture(params=CASES, ids=lambda case: "-".join([case[0], *(f"{key}={case[1][key]}" for key in case[1])]))
def maker(request):
    system, extra = request.param
    return models.maker(system, TINY[system] | extra)


def test_gradients_reach_every_parameter_and_the_loss_falls(maker):
    models.learns(maker)


def test_capabilities_are_kept(maker):
    models.keeps_its_capabilities(maker)


def test_a_sample_does_not_depend_on_its_neighbours(maker):
    if not models.samples_alone(maker):
        pytest.skip("does not sample")


def test_same_seed_same_bits_and_weights_survive_saving(maker):
    models.repeats(maker)


@pytest.mark.parametrize("system", modules("models"))
def test_bfloat16_follows_float32(system):
    models.follows_in_bfloat16(models.maker(system, TINY[system]))


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

    with pytest.raises(UserError, match=r"system halo: .*network\.width"):
        build({"system": "halo", "network": {"width": "wide"}}, SHAPE)
    with pytest.raises(UserError, match="multiple of 8"):
        build({"system": "dsvae", "network": TINY["dsvae"]}, DataShape(8, 3, 20, 6, 6))
