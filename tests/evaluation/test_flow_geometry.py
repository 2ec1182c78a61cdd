"""Protocols that look into a flow: its symmetry, its inverse, and the minima of its potential."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from support.flows import POINT, make, settings

from latentmotion.data.datasets import modes, ring
from latentmotion.data.points import prepare
from latentmotion.data.prepared import PreparedDataset
from latentmotion.data.sequences import write
from latentmotion.evaluation.protocols import inverse_flow, likelihood, potential_minima, symmetry
from latentmotion.evaluation.protocols.base import EvaluationContext
from latentmotion.models.base import SequenceModel


def context(folder, name, density, model) -> EvaluationContext:
    write(prepare(name, density, settings()), folder / name, settings())
    data = PreparedDataset.open(folder / name)
    splits = (data.split(part) for part in ("test", "train"))
    return EvaluationContext(model, *splits, data, torch.device("cpu"), {"seed": 0}, np.arange(16))


class Rotor(torch.nn.Module):
    """An energy that depends on |x| alone, scale |x|^2 / 2, or with `tilt` on a direction as well."""

    def __init__(self, scale: float = 1.0, tilt: float = 0.0):
        super().__init__()
        self.scale, self.tilt = scale, tilt

    def forward(self, x):
        return self.scale * x.square().sum(-1) / 2 + self.tilt * x[..., 0]

    def slope(self, x):
        return self.scale * x + self.tilt * torch.tensor([1.0, 0.0]).to(x)


def flow(tilt: float = 0.0, **network):
    model = make(replace(POINT, groups=40), **network)
    model.kinetic, model.potential = Rotor(), Rotor(tilt=tilt)
    return model


@torch.no_grad()
def test_a_symmetric_flow_keeps_its_generator_and_commutes_with_rotations(tmp_path):
    found = symmetry.measure(context(tmp_path, "ring", ring.DENSITY, flow()))
    assert found["potential_on_circles"] < 1e-5 and found["kinetic_on_circles"] < 1e-5
    assert found["generator_change"] < 1e-5 and found["equivariance_error"] < 1e-4 < 0.5 < found["flow_distance"]
    tilted = symmetry.measure(context(tmp_path / "tilted", "ring", ring.DENSITY, flow(tilt=1.0)))
    assert tilted["kinetic_on_circles"] < 1e-5 and tilted["generator_change"] > 0.1 < tilted["equivariance_error"]
    x = PreparedDataset.open(tmp_path / "ring").split("test").x.reshape(-1, 2).astype(float)
    u = (x**2).sum(1) / 2 + x[:, 0]
    angles = np.arange(symmetry.ANGLES) * 2 * np.pi / symmetry.ANGLES
    deviation = np.var(np.linalg.norm(x, axis=1)[:, None] * np.cos(angles), axis=1, ddof=1).mean() ** 0.5
    assert tilted["potential_range"] == pytest.approx(np.ptp(u), rel=1e-4)
    assert tilted["potential_on_circles"] == pytest.approx(deviation / np.ptp(u), rel=1e-3)


@torch.no_grad()
def test_overfitting_is_the_gap_less_that_of_the_target(tmp_path):
    found = likelihood.measure(context(tmp_path, "ring", ring.DENSITY, make(replace(POINT, groups=40), points=8)))
    chance = found["train_target"] - found["target"]
    assert found["overfit"] == pytest.approx(found["train_log_p"] - found["log_p"] - chance)
    assert found["overfit_iw128"] == pytest.approx(found["train_iw128"] - found["iw128"] - chance)


@torch.no_grad()
def test_a_leapfrog_flow_is_invertible_at_every_step_size_and_a_damped_one_is_not(tmp_path):
    trial = context(tmp_path, "ring", ring.DENSITY, make(replace(POINT, groups=40)))
    found = inverse_flow.measure(trial)
    for size in ("0.1", "1", "10"):
        assert found[f"inverse_error_dt{size}"] < 1e-8 > found[f"volume_error_dt{size}"]
        assert found[f"moved_dt{size}"] > 0
    trial.model = Damped()
    damped = inverse_flow.measure(trial)
    assert damped["volume_error_dt1"] == pytest.approx(4 * np.log(2)) and damped["inverse_error_dt1"] > 0.1


class Damped(SequenceModel):
    """Halves every state, forwards and backwards."""

    capabilities = frozenset({"density", "sample_state"})
    state_noise = 4

    class config:
        dt, steps = 1.0, 1

    def sample_state(self, noise):
        return noise[:, None]

    def roll_out(self, state, count, step=1.0):
        return torch.stack([state, state / 2], dim=1)


class Wells(SequenceModel):
    """A potential with a well at each of `places`; its flow leads every state to one of them in turn."""

    capabilities = frozenset({"density", "sample_state", "energy"})
    state_noise = 4

    class config:
        dt, steps = 1.0, 1

    def __init__(self, places):
        super().__init__()
        self.places = torch.tensor(places)

    def energies(self, states):
        q = states[..., :2]
        return {"potential": -(-(q[..., None, :] - self.places).square().sum(-1) / 0.1).exp().sum(-1)}

    def sample_state(self, noise):
        return noise[:, None]

    def roll_out(self, state, count, step=1.0):
        q = self.places[torch.arange(len(state)) % len(self.places)] + 0.05 * state[:, 0, :2]
        return torch.stack([state, torch.cat([q, q], -1)[:, None]], dim=1)

    def motion_of(self, states):
        return states[:, :, 0, :2]


@torch.no_grad()
def test_minima_at_the_modes_are_found_and_a_missing_one_is_missed(tmp_path):
    centres = [list(map(float, centre)) for centre in modes.DENSITY.centres]
    found = potential_minima.measure(context(tmp_path, "modes", modes.DENSITY, Wells(centres)))
    assert found["minima"] == found["modes"] == 4 and found["mode_distance_worst"] < 0.1
    assert found["ends_on_grid"] == 1 and found["ends_in_basin"] > 0.99
    fewer = potential_minima.measure(context(tmp_path / "fewer", "modes", modes.DENSITY, Wells(centres[:3])))
    apart = np.linalg.norm(np.subtract(centres[3], centres[0])) / modes.DENSITY.deviation
    assert fewer["minima"] == 3 and fewer["mode_distance_worst"] == pytest.approx(apart, abs=0.2)


def test_points_at_the_border_are_no_minima():
    basin, minima = potential_minima.basins(np.add.outer(np.arange(5.0), np.zeros(5)))
    assert not len(minima) and (basin == -1).all()
    energy = np.full((5, 7), 9.0) + np.abs(np.arange(7) - 3) * 0.0
    energy[2, 2], energy[2, 5] = 0.0, 1.0
    _, minima = potential_minima.basins(energy)
    assert {(2, 2), (2, 5)} <= {tuple(place) for place in minima.tolist()}
