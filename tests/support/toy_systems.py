"""Trajectories of Toy Physics for tests: those of the published settings, or with some of them changed."""

import numpy as np

from latentmotion.data.physics.dormand_prince import integrate
from latentmotion.data.physics.registry import find
from latentmotion.data.physics.system import System
from latentmotion.data.physics.trajectories import Conditions, Trajectories, trajectories

SYSTEMS = ("double_pendulum", "mass_spring", "pendulum", "three_body", "two_body")
DAMPED = ("double_pendulum", "mass_spring", "pendulum")


def conditions(system: System, **changed) -> Conditions:
    return Conditions(**({"dt": 0.05, "friction": 0.0, "varied": False, "hues": system.hues} | changed))


def made(name: str, count: int, length: int, **changed) -> Trajectories:
    return trajectories(find(name), np.arange(count), length, conditions(find(name), **changed))


def energies(name: str, found: Trajectories) -> np.ndarray:
    """(N, L)."""
    q, p = np.split(np.moveaxis(found.states, -1, 0), 2)
    return find(name).energy(q, p, {constant: values[:, None] for constant, values in found.constants.items()})


def centres(name: str, found: Trajectories) -> np.ndarray:
    """(N, L, bodies, 2)."""
    q = np.moveaxis(found.states[..., : found.states.shape[-1] // 2], -1, 0)
    own = {constant: values[:, None] for constant, values in found.constants.items()}
    return np.moveaxis(find(name).places(q, own), (0, 1), (2, 3))


def path(name: str, start: list[float], dt: float, frames: int, friction: float = 0.0, **constants) -> np.ndarray:
    """One trajectory from a given state: (frames, 2 D)."""
    system = find(name)
    own = {constant: np.array([low]) for constant, (low, _) in system.plain.constants.items()}
    own |= {constant: np.array([value]) for constant, value in constants.items()}
    return integrate(lambda state, c: system.rate(state, c, friction), np.array(start)[:, None], own, dt, frames)[0]
