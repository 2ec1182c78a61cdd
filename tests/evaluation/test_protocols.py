"""Protocols that measure prediction, leakage and dynamics: models with known faults score as those faults predict."""

import json

import numpy as np
import pytest
import torch
from support.shifting_sequences import SPEED, Codebook, context, measured, prepared

from latentmotion.core.errors import UserError
from latentmotion.core.keyed_random import seed_torch
from latentmotion.data.prepared import PreparedDataset
from latentmotion.data.sequences import Sequences, write
from latentmotion.evaluation.metrics.image_quality import CEILING
from latentmotion.evaluation.protocols import copy, dynamics, energy, image_to_sequence, leakage, predict
from latentmotion.evaluation.protocols.base import Codes
from latentmotion.models.base import DataShape, SequenceModel
from latentmotion.training.load import build

TURN = 0.4  # of the canaries' states, in radians a frame


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shifts") / "shifts"
    write(prepared(), folder, {})
    return folder


class Shifts(SequenceModel):
    """Canary: knows the world. Predicts exactly up to frame `until`, and then the picture upside down."""

    capabilities = frozenset({"predict", "action_motion"})

    def __init__(self, until: int = 99):
        super().__init__()
        self.until = until

    def predict(self, first, length, action):
        frames = [
            torch.stack([x[0].roll(int(SPEED[a]) * t, dims=-1) for x, a in zip(first, action, strict=True)])
            for t in range(length)
        ]
        return torch.stack([-frame if t > self.until else frame for t, frame in enumerate(frames)], dim=1)


class Copies(Shifts):
    """Canary: its prediction is the first frame for ever."""

    def predict(self, first, length, action):
        return first.repeat(1, length, 1, 1, 1)


def test_a_perfect_prediction(folder):
    found = measured(predict, folder, Shifts())
    assert found["ssim"] == pytest.approx(1, abs=1e-5) and found["psnr"] == pytest.approx(CEILING, abs=1e-4)
    assert found["mse"] == pytest.approx(0, abs=1e-12) and found["mse_over_copy"] == pytest.approx(0, abs=1e-9)
    assert found["horizon"] == 15


def test_a_model_that_copies_scores_exactly_the_baseline(folder):
    bar, found = measured(copy, folder, None), measured(predict, folder, Copies())
    assert found == pytest.approx(bar)
    assert bar["mse_over_copy"] == pytest.approx(1) and bar["horizon"] < 8 and bar["ssim"] < 0.5
    assert bar["mse"] == pytest.approx(15 / 16 * bar["mse_future"])


def test_the_horizon_is_where_a_prediction_breaks(folder):
    found = measured(predict, folder, Shifts(until=5))
    assert found["horizon"] == 5 and found["mse_over_copy"] > 0 and found["ssim"] < 1
    assert measured(predict, folder, Shifts(until=0))["horizon"] == 0


def test_means_do_not_depend_on_the_last_batch(folder, monkeypatch):
    whole = measured(predict, folder, Shifts(until=5))
    monkeypatch.setattr("latentmotion.evaluation.protocols.base.BATCH", 7)
    assert measured(predict, folder, Shifts(until=5)) == pytest.approx(whole)


def test_sequences_too_short_to_predict_are_named(tmp_path):
    write(prepared(60, repeats=False), tmp_path / "short", {})
    with pytest.raises(UserError, match=r"short/test: sequences of 8 frames, shorter than the 16"):
        measured(predict, tmp_path / "short", Shifts())
    assert measured(predict, tmp_path / "short", Shifts(), predict_length=8)["horizon"] == 7


def test_hidden_frames_are_not_predicted(tmp_path):
    given = prepared(60)
    seen = np.ones((60, 8), bool)
    seen[:, 3] = False
    scored = ~seen
    write(Sequences(**{**vars(given), "seen": seen, "scored": scored}), tmp_path / "hidden", {})
    for protocol, model in ((predict, Shifts()), (copy, None), (image_to_sequence, Shifts()), (leakage, Codebook())):
        assert not protocol.applies(context(tmp_path / "hidden", model))
    for protocol in (dynamics, energy):
        assert not protocol.applies(context(tmp_path / "hidden", Turns()))


def test_image_to_sequence_shows_the_partners_action(folder):
    given = context(folder, Shifts())
    ids = np.arange(len(given.split))
    own = Codes(None, None, given.codes.action, given.codes.first, given.codes.frames)
    partner = Codes(None, None, given.codes.action[given.partners], given.codes.first[given.partners], 8)
    found = image_to_sequence.generate(given.model, own, partner, ids, 0)
    assert (found.motion, found.content) == ("partner", "own") and found.x.shape == (len(ids), 8, 3, 16, 16)
    alone = next(i for i in ids if partner.action[i] != own.action[i])
    shifted = given.codes.first[alone, 0].roll(int(SPEED[partner.action[alone]]), dims=-1)
    torch.testing.assert_close(found.x[alone, 1], shifted)


def test_a_leak_is_read_and_no_leak_is_near_chance(folder):
    clean, leaky = measured(leakage, folder, Codebook()), measured(leakage, folder, Codebook(leaks=True))
    assert set(clean) == {f"{a}_{b}" for a in ("action", "colour") for b in ("from_content", "from_motion", "chance")}
    for found in (clean, leaky):
        assert found["action_from_motion"] > 0.95 and found["colour_from_content"] > 0.95
    assert clean["action_chance"] == pytest.approx(1 / 3, abs=0.02)
    assert clean["action_from_content"] < clean["action_chance"] + 0.15
    assert clean["colour_from_motion"] < clean["colour_chance"] + 0.15
    assert leaky["action_from_content"] > 0.9 and leaky["colour_from_motion"] > 0.9


def test_a_model_without_content_has_nothing_to_read_there(folder):
    model = Codebook()
    model.encode = lambda x, action: (x.new_zeros(len(x), 0), action.float()[:, None, None].repeat(1, 8, 1))
    assert "action_from_content" not in measured(leakage, folder, model)


class Turns(SequenceModel):
    """Canary: states (q, p) in two subspaces, of which the action's turns; `scale` of every step, `back` of time."""

    capabilities = frozenset({"dynamics", "energy"})

    def __init__(self, scale: float = 1.0, back: float = 1.0):
        super().__init__()
        self.scale, self.back = scale, back

    def state(self, x, action):
        state = x[:, -1, :2, 0, :2].clone() + 3  # (B, 2, 2), never zero
        return state * torch.nn.functional.one_hot(action % 2, 2)[..., None]

    def advance(self, state, first, last):
        time = torch.arange(first, last + 1)
        time = torch.where(time < 0, self.back * time, time.float())
        c, s = (TURN * time).cos(), (TURN * time).sin()
        turn = torch.stack([torch.stack([c, s], -1), torch.stack([-s, c], -1)], -2)
        return torch.einsum("tij,bkj->btki", turn, state) * self.scale ** time[:, None, None]

    def energies(self, states):
        q, p = states.double().unbind(-1)
        half = {"potential": q * q / 2, "kinetic": p * p / 2, "nonseparable": 0 * q}
        return half | {"total": half["potential"] + half["kinetic"]}


def test_sound_dynamics_are_reversible_symplectic_and_keep_their_size(folder):
    found = measured(dynamics, folder, Turns())
    assert found["reversibility_error"] < 1e-5 and found["symplectic_error"] < 1e-5
    assert found["growth"] == pytest.approx(1, abs=1e-4) and found["state_size"] == 2


def test_dynamics_that_are_not_reversible_are_detected(folder):
    """It turns 15 steps forwards and 7.5 back: a chord of 7.5 turns is left."""
    found = measured(dynamics, folder, Turns(back=0.5))
    assert found["reversibility_error"] == pytest.approx(2 * abs(np.sin(7.5 * TURN / 2)), abs=1e-4)
    assert found["symplectic_error"] < 1e-5


def test_damped_dynamics_are_not_symplectic_and_lose_their_energy(folder):
    found = measured(dynamics, folder, Turns(scale=0.99))
    assert found["symplectic_error"] == pytest.approx(1 - 0.99**2, abs=1e-5)
    assert found["growth"] == pytest.approx(0.99**100, rel=1e-3) and found["reversibility_error"] < 1e-4
    drift = measured(energy, folder, Turns(scale=0.99))
    assert drift["energy_drift"] == pytest.approx(1 - 0.99**200, rel=1e-3)
    assert drift["energy_drift_worst"] == pytest.approx(1 - 0.99**200, rel=1e-3)
    assert drift["energy_drift_of_terms"] > drift["energy_drift"], "the mean over the path is less than the start"
    kept = measured(energy, folder, Turns())
    assert all(value < 1e-5 for name, value in kept.items() if name.startswith("energy_drift"))


def test_numbers_stay_finite_when_states_do_not(folder):
    found = measured(dynamics, folder, Turns(scale=1e3)) | measured(energy, folder, Turns(scale=1e3))
    json.dumps(found, allow_nan=False)
    assert found["growth"] == pytest.approx(1e6) and found["energy_drift"] == 1e6


class Phase(Turns):
    """Canary: a single number a subspace."""

    def state(self, x, action):
        return super().state(x, action)[..., :1]

    def advance(self, state, first, last):
        return state[:, None] + torch.arange(first, last + 1.0)[:, None, None]


def test_an_odd_state_has_no_symplectic_form(folder):
    found = measured(dynamics, folder, Phase())
    assert "symplectic_error" not in found and found["state_size"] == 1


@pytest.mark.parametrize("conditional", [True, False])
@pytest.mark.parametrize("kind", ["hamiltonian", "skew", "nonlinear", "linear", "recurrent", "fourier"])
def test_halo_is_what_its_dynamics_promises(kind, conditional, folder):
    seed_torch(0, "weights")
    network = {"width": 8, "dense": 32, "features": 16, "content": 8, "motion": 12, "normalise": True}
    shape = PreparedDataset.open(folder).shape
    assert shape == DataShape(frames=8, channels=3, size=16, actions=3, groups=180)
    model = build({"system": "halo", "network": network | {"dynamics": kind, "conditional": conditional}}, shape).eval()
    found = measured(dynamics, folder, model)
    if kind in ("hamiltonian", "skew", "nonlinear"):
        assert found["symplectic_error"] < 1e-4 and found["reversibility_error"] < 1e-4
        assert measured(energy, folder, model)["energy_drift"] < (0.1 if kind == "nonlinear" else 1e-5)
    elif kind == "fourier":
        assert "symplectic_error" not in found and found["reversibility_error"] < 1e-4
    else:
        assert found["symplectic_error"] > 1e-2 and found["reversibility_error"] > 1e-2
    if kind == "skew":
        assert found["growth"] == pytest.approx(1, abs=1e-4)
    assert 0 <= measured(predict, folder, model)["horizon"] <= 15


def test_the_jacobian_is_the_linear_map_itself():
    state = torch.tensor([[[1.0, 2.0]], [[0.5, -3.0]]])
    c, s = np.cos(TURN), np.sin(TURN)
    found = dynamics.jacobian(Turns(scale=2.0), state)
    torch.testing.assert_close(
        found, torch.tensor([[c, s], [-s, c]]).double().mul(2).expand(2, 2, 2), atol=1e-6, rtol=0
    )
