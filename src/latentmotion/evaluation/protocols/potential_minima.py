"""potential-minima: has the learnt potential one minimum for each mode? (Equivariant Hamiltonian flows, section 3)

The paper states that the potential learns one minimum for each mode, and that flows end in basins which are centred at
the modes. U is evaluated on a grid that reaches REACH deviations beyond the outermost mode. A minimum is a point that
is lower than its eight neighbours. The basin of a point is that of the minimum to which steps to the lowest neighbour
lead.
"""

import numpy as np
import torch

from latentmotion.core.keyed_random import normal
from latentmotion.data.densities import Modes, of_facts
from latentmotion.evaluation.protocols.base import EvaluationContext
from latentmotion.models import base as contract

NAME = "potential-minima"
NEEDS = frozenset({contract.DENSITY, contract.SAMPLE_STATE, contract.ENERGY})
DATASETS = ("modes",)
TICKS, REACH, STATES = 121, 3.0, 2048


def applies(trial: EvaluationContext) -> bool:
    """The protocol applies where the target is a mixture of modes."""
    return isinstance(of_facts(trial.facts), Modes)


def scored(trial: EvaluationContext) -> int:
    """The number of flows."""
    return STATES


def measure(trial: EvaluationContext) -> dict[str, float]:
    """minima, modes: the number of minima of U on the grid, and of modes of the target.
    mode_distance, mode_distance_worst: the distance of a mode from the nearest minimum, in deviations of a mode, mean
        and largest. They are missing where there is no minimum.
    ends_in_basin: of the flows that end on the grid, the share that ends in the basin of the minimum that is nearest.
    ends_on_grid: the share of STATES flows from the base that ends on the grid.
    """
    target = of_facts(trial.facts)
    centres, reach = np.array(target.centres), target.extent + REACH * target.deviation
    ticks = np.linspace(-reach, reach, TICKS)
    grid = np.stack(np.meshgrid(ticks, ticks, indexing="ij"), axis=-1)
    q = torch.from_numpy(grid.reshape(-1, 1, 2)).float().to(trial.device)
    energy = trial.model.energies(torch.cat([q, torch.zeros_like(q)], dim=-1))["potential"]
    basin, minima = basins(energy.double().cpu().numpy().reshape(TICKS, TICKS))
    metrics = {"minima": float(len(minima)), "modes": float(len(centres))}
    if not len(minima):
        return metrics
    lowest = grid[tuple(minima.T)]
    far = np.linalg.norm(centres[:, None] - lowest, axis=-1).min(1) / target.deviation
    ends = _ends(trial)
    places = np.rint((ends + reach) / (2 * reach) * (TICKS - 1)).astype(int)
    inside = ((places >= 0) & (places < TICKS)).all(1)
    nearest = np.linalg.norm(ends[inside, None] - lowest, axis=-1).argmin(1)
    metrics |= {
        "mode_distance": float(far.mean()),
        "mode_distance_worst": float(far.max()),
        "ends_on_grid": float(inside.mean()),
    }
    if inside.any():
        metrics["ends_in_basin"] = float(np.mean(basin[tuple(places[inside].T)] == nearest))
    return metrics


def basins(energy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The minima (M, 2) of energies (R, C), as rows and columns, and for each point the number of its minimum (R, C).

    Points from which the way down leads out of the grid have -1: a point at the border is no minimum.
    """
    rows, columns = energy.shape
    padded = np.pad(energy, 1, constant_values=np.inf)
    steps = [(a, b) for a in (-1, 0, 1) for b in (-1, 0, 1)]
    around = np.stack([padded[1 + a : 1 + a + rows, 1 + b : 1 + b + columns] for a, b in steps])
    step = np.array(steps)[around.argmin(0)]  # (R, C, 2), zero at a minimum
    place = np.indices(energy.shape).transpose(1, 2, 0)
    following = ((place + step) @ (columns, 1)).ravel()
    ends = np.arange(energy.size)
    while (moved := following[ends]).tolist() != ends.tolist():
        ends = moved
    border = np.ones(energy.shape, bool)
    border[1:-1, 1:-1] = False
    found = np.array([end for end in np.unique(ends) if not border.ravel()[end]], int)
    number = np.full(energy.size, -1)
    number[found] = np.arange(len(found))
    return number[ends].reshape(energy.shape), np.stack(np.unravel_index(found, energy.shape), axis=1)


def _ends(trial: EvaluationContext) -> np.ndarray:
    """Where flows from states of the base end, (STATES, 2)."""
    noise = normal(np.arange(STATES), trial.model.state_noise, trial.seed, NAME).to(trial.device)
    path = trial.model.roll_out(trial.model.sample_state(noise), trial.model.config.steps + 1)
    return trial.model.motion_of(path)[:, -1].double().cpu().numpy()
