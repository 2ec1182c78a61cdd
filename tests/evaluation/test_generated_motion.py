"""The dimension and the energy of sampled motion: metrics on known spectra, protocols on models made for the test."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from latentmotion.core.errors import UserError
from latentmotion.data.prepare import prepare
from latentmotion.data.prepared import PreparedDataset
from latentmotion.evaluation import evaluate as evaluation
from latentmotion.evaluation.metrics.cyclic_coordinates import FRACTION, cyclic_coordinates
from latentmotion.evaluation.metrics.participation_ratio import participation_ratio
from latentmotion.evaluation.protocols import base as protocols
from latentmotion.evaluation.protocols import generated_energy, motion_manifold
from latentmotion.evaluation.protocols.base import Codes, EvaluationContext
from latentmotion.models import base as contract

DATA = {
    "pendulum": {"options": {"sequences": 12, "test": 4, "validation": 4, "span": 16}, "size": 16, "frames": 16},
    "balls": {"options": {"sequences": 12, "test": 4, "validation": 4}, "size": 16, "frames": 16},
}


@pytest.mark.parametrize(
    ("spectrum", "expected"),
    [([1, 1, 1, 1], 4), ([1, 0, 0], 1), ([3, 1], 1.6), ([4, 2, 1, 1], 64 / 22), ([1e-6] * 5, 5), ([2.5], 1)],
)
def test_the_participation_ratio_of_a_known_spectrum(spectrum, expected):
    random = np.random.default_rng(0)
    rotation, _ = np.linalg.qr(random.standard_normal((len(spectrum), len(spectrum))))
    exact, _ = np.linalg.qr(random.standard_normal((400, len(spectrum) + 1)))
    exact -= exact.mean(0)
    white = np.linalg.qr(exact)[0][:, : len(spectrum)]
    points = white * np.sqrt(spectrum) @ rotation + 7
    assert participation_ratio(points) == pytest.approx(expected, rel=1e-6)
    drawn = random.standard_normal((20000, len(spectrum))) * np.sqrt(spectrum) @ rotation
    assert participation_ratio(drawn) == pytest.approx(expected, rel=0.02)


def test_the_participation_ratio_of_few_points_is_lower_as_stated():
    random, n, d = np.random.default_rng(1), 256, 64
    found = np.mean([participation_ratio(random.standard_normal((n, d))) for _ in range(20)])
    assert found == pytest.approx(d * n / (n + d), rel=0.02)


def test_a_circle_has_two_dimensions_and_a_point_none():
    angle = np.linspace(0, 2 * np.pi, 100, endpoint=False)
    assert participation_ratio(np.stack([np.cos(angle), np.sin(angle)], axis=1)) == pytest.approx(2)
    assert participation_ratio(np.full((5, 3), 1e6 + 0.1)) == 0


def test_cyclic_coordinates_are_those_with_next_to_no_force():
    random = np.random.default_rng(0)
    strength = np.array([2.0, 2.0 * FRACTION * 0.9, 0.0, 2.0 * FRACTION * 1.1, 1.0])
    forces = strength * random.choice([-1, 1], (1000, 5))
    assert cyclic_coordinates(forces) == 2 and cyclic_coordinates(1e-9 * forces) == 2
    assert cyclic_coordinates(np.zeros((3, 4))) == 0


@pytest.mark.parametrize(
    ("metric", "points", "message"),
    [
        (participation_ratio, np.zeros((1, 3)), "N of 2 or more"),
        (participation_ratio, np.zeros((4, 2, 2)), r"got \(4, 2, 2\)"),
        (participation_ratio, np.array([[0.0], [np.nan]]), "1 of 2 numbers are not finite"),
        (cyclic_coordinates, np.zeros((0, 3)), "at least one"),
        (cyclic_coordinates, np.array([[0.0, np.inf]]), "1 of 2 numbers are not finite"),
    ],
)
def test_metrics_refuse_what_has_no_answer(metric, points, message):
    with pytest.raises(ValueError, match=message):
        metric(points)


class Oscillators(contract.SequenceModel):
    """Stand-in: H = sum_i k_i q_i^2 / 2 + p_i^2 / 2 in closed form, q and p ~ N(0, 1); one k a coordinate.

    `leak`: the momenta shrink by that part of themselves a frame, whichever way time goes.
    """

    capabilities = frozenset({contract.SAMPLE_MOTION, contract.SAMPLE_STATE, contract.ENERGY})

    def __init__(self, stiffness: list[float], leak: float = 0.0):
        super().__init__()
        self.stiffness, self.leak = torch.tensor(stiffness, dtype=torch.float64), leak
        self.state_noise = 2 * len(stiffness)

    def motion_noise(self, length):
        return self.state_noise

    def sample_state(self, noise):
        return noise[:, None].double()

    def roll_out(self, state, count, step=1.0):
        time = step * torch.arange(count, dtype=torch.float64)[:, None]
        (q, p), pulse = (half.squeeze(1)[:, None] for half in state.chunk(2, -1)), self.stiffness.sqrt()
        cosine, rate = (pulse * time).cos(), torch.where(pulse > 0, (pulse * time).sin() / pulse.clamp(min=1e-9), time)
        kept = (1 - self.leak) ** time.abs()
        moved = torch.cat([q * cosine + p * rate, kept * (p * cosine - q * pulse * (pulse * time).sin())], -1)
        return moved[:, :, None]

    def motion_of(self, states):
        return states.squeeze(2)

    def sample_motion(self, action, length, noise):
        return self.motion_of(self.roll_out(self.sample_state(noise), length))

    def energies(self, states):
        q, p = states.chunk(2, -1)
        return {"total": 0.5 * (self.stiffness * q**2 + p**2).sum(-1)}


class Flat(contract.SequenceModel):
    """Stand-in: motion is `still` at its first frame, then N(0, 1) in its first two of six numbers; asked for action 1,
    which no sequence here has, it is NaN."""

    capabilities = frozenset({contract.SAMPLE_MOTION})

    def motion_noise(self, length):
        return length * 2

    def sample_motion(self, action, length, noise):
        motion = torch.zeros(len(noise), length, 6)
        motion[:, 1:, :2] = noise.view(-1, length, 2)[:, 1:]
        return torch.where((action == 1)[:, None, None], torch.nan, motion)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("motion")
    for name, settings in DATA.items():
        prepare(name, None, root / name, {"source": "real", **settings})
    return root


def context(folder, model) -> EvaluationContext:
    test = PreparedDataset.open(folder).split("test")
    settings = {"seed": 0, "predict_length": 16, "rollout_length": 40}
    partners = evaluation.swap_partners(test.group, 0)
    return EvaluationContext(
        model,
        test,
        PreparedDataset.open(folder).split("train"),
        PreparedDataset.open(folder),
        torch.device("cpu"),
        settings,
        partners,
    )


def measured(protocol, folders, model) -> dict[str, float]:
    given = context(folders / "pendulum", model)
    assert protocol.applies(given) and model.capabilities >= protocol.NEEDS
    with torch.no_grad():
        return protocol.measure(given)


def test_only_simulated_systems_are_entered(folders):
    for protocol in (motion_manifold, generated_energy):
        assert not protocol.applies(context(folders / "balls", Oscillators([1.0])))


def test_the_manifold_is_that_of_the_second_frame(folders):
    found = measured(motion_manifold, folders, Flat())
    assert found["participation_ratio"] == pytest.approx(2, abs=0.02) and found["motion_size"] == 6
    found = measured(motion_manifold, folders, Oscillators([1.0, 1.0, 1.0]))
    assert found["participation_ratio"] == pytest.approx(6, abs=0.2) and found["motion_size"] == 6


def test_the_motions_of_real_sequences_have_a_dimension_of_their_own(folders):
    """Here on a line through the second frame, although the prior fills a plane; other frames do not count."""
    given = context(folders / "pendulum", Flat())
    motion = torch.randn(400, 3, 6, generator=torch.Generator().manual_seed(0))
    motion[:, 1] = motion[:, 1, :1]
    found = motion_manifold.measure(replace(given, codes=Codes(None, motion, None, None, 3)))
    assert found["encoded_dimension"] == pytest.approx(1, 0.2) and found["local_dimension"] == pytest.approx(2, 0.2)
    assert "encoded_dimension" not in measured(motion_manifold, folders, Flat())


def test_motions_have_noise_of_their_own_and_every_action_in_turn(monkeypatch):
    actions = torch.tensor([0, 0, 1])
    whole = motion_manifold.sampled(Flat(), 20, 3, actions, 5, "a purpose")
    assert whole.shape == (20, 3, 6) and whole.isnan().any(2).any(1).tolist() == [i % 3 == 2 for i in range(20)]
    monkeypatch.setattr(protocols, "BATCH", 3)
    torch.testing.assert_close(
        motion_manifold.sampled(Flat(), 20, 3, actions, 5, "a purpose"), whole, rtol=0, atol=0, equal_nan=True
    )


def test_motion_that_is_not_finite_is_named(folders):
    given = context(folders / "pendulum", Flat())
    given.split.labels["action"] += 1
    with pytest.raises(UserError, match="motion-manifold: motion from the prior: 6144 of 6144 numbers") as caught:
        motion_manifold.measure(given)
    assert "\n" not in str(caught.value)


def test_what_conserves_its_energy_is_told_from_what_does_not(folders):
    sound = measured(generated_energy, folders, Oscillators([0.3, 1.0]))
    assert sound["energy_drift"] < 1e-12 and sound["reversal_error"] < 1e-12
    leaking = measured(generated_energy, folders, Oscillators([0.3, 1.0], leak=0.02))
    assert 0.1 < leaking["energy_drift"] < 10 and 0.1 < leaking["reversal_error"] < 1


def test_drift_is_relative_to_how_much_the_energies_of_samples_differ(folders):
    """Free particles that lose their momenta lose all their energy: E_0, mean 1/2 and deviation sqrt(1/2) in one."""
    found = measured(generated_energy, folders, Oscillators([0.0], leak=1.0))
    assert found["energy_drift"] == pytest.approx(0.5 / np.sqrt(0.5), rel=0.2)


def test_coordinates_without_a_spring_are_cyclic(folders):
    found = measured(generated_energy, folders, Oscillators([1.0, 0.0, 1e-3, 0.5]))
    assert (found["cyclic_coordinates"], found["coordinates"]) == (2, 4)
    states = torch.randn(3, 5, 1, 8, dtype=torch.float64)
    model = Oscillators([1.0, 0.0, 1e-3, 0.5])
    torch.testing.assert_close(generated_energy.forces(model, states), -model.stiffness * states[..., :4])


def test_energies_do_not_depend_on_the_batch(folders, monkeypatch):
    model = Oscillators([0.3, 1.0], leak=0.02)
    whole = measured(generated_energy, folders, model)
    monkeypatch.setattr(protocols, "BATCH", 100)
    assert measured(generated_energy, folders, model) == pytest.approx(whole, rel=1e-12)
