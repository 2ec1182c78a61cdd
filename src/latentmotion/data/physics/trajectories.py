"""Random trajectories of a system, each keyed by the seed, the system, its number and the number of the attempt.

Trajectory 17, for example, is therefore the same in every order and batch. A trajectory that leaves the canvas (the
centre of a body does so at some time) or cannot be integrated is drawn again, with the key of the next attempt.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from latentmotion.core.errors import UserError
from latentmotion.data.physics import rendering
from latentmotion.data.physics.dormand_prince import integrate
from latentmotion.data.physics.system import Ranges, System

SEED = 20210906
DRAWS = 100
BATCH = 512


@dataclass(frozen=True)
class Conditions:
    """What is the same for all trajectories of a data set; see `options` of toy_physics.py."""

    dt: float
    friction: float
    varied: bool
    hues: int

    def ranges(self, system: System) -> Ranges:
        """The ranges of the values of each trajectory."""
        return system.varied if self.varied else system.plain


@dataclass(frozen=True)
class Trajectories:
    """N trajectories of L frames.

    Attributes:
        states: (N, L, 2 D), positions and momenta.
        constants: name -> (N,).
        hue: (N, bodies), the index of the colour of each body in the palette.
        offset: (N, 2), the place of the origin on the canvas.
        chance: (N,), one more random number in [0, 1) for each trajectory.
        draws: (N,), the number of the attempt that succeeded, starting with 0.
    """

    states: np.ndarray
    constants: dict[str, np.ndarray]
    hue: np.ndarray
    offset: np.ndarray
    chance: np.ndarray
    draws: np.ndarray

    def __len__(self) -> int:
        return len(self.states)

    def __getitem__(self, part: slice) -> "Trajectories":
        constants = {name: values[part] for name, values in self.constants.items()}
        return Trajectories(
            self.states[part], constants, self.hue[part], self.offset[part], self.chance[part], self.draws[part]
        )


def trajectories(system: System, numbers: np.ndarray, length: int, conditions: Conditions) -> Trajectories:
    """The trajectories with these numbers over `length` frames, all in memory; `batches` returns them in parts.

    Raises UserError for a trajectory that leaves the canvas or diverges in all attempts.
    """
    ranges = conditions.ranges(system)
    found: list[dict | None] = [None] * len(numbers)
    left, failure = np.arange(len(numbers)), np.zeros(0, int)
    for attempt in range(DRAWS):
        draws = [_draw(system, int(numbers[i]), attempt, conditions) for i in left]
        constants = {name: np.array([draw["constants"][name] for draw in draws]) for name in ranges.constants}
        start = np.stack([draw["start"] for draw in draws], axis=1)
        path = integrate(
            lambda state, own: system.rate(state, own, conditions.friction), start, constants, conditions.dt, length
        )
        failure = _first_failure(system, path, constants, ranges)
        for place, (i, draw) in enumerate(zip(left, draws, strict=True)):
            if failure[place] == length:
                found[i] = {**draw, "path": path[place], "attempt": attempt}
        again = failure < length
        left, failure, path = left[again], failure[again], path[again]
        if not len(left):
            break
    else:
        frame = failure[0]
        how = "leaves the canvas" if np.isfinite(path[0, frame]).all() else "diverges"
        raise UserError(
            f"key 'datasets.{system.name}.options': trajectory {numbers[left[0]]} {how} at frame {frame} in the last of"
            f" its {DRAWS} draws; lower 'dt' or 'span', which is how long it must stay"
        )
    return Trajectories(
        np.stack([one["path"] for one in found]),
        {name: np.array([one["constants"][name] for one in found]) for name in ranges.constants},
        *(np.stack([one[part] for one in found]) for part in ("hue", "offset", "chance", "attempt")),
    )


def batches(
    system: System, first: int, end: int, length: int, conditions: Conditions
) -> Iterator[tuple[np.ndarray, Trajectories]]:
    """The trajectories `first` to `end` - 1 with their numbers, at most BATCH at a time."""
    for begin in range(first, end, BATCH):
        numbers = np.arange(begin, min(begin + BATCH, end))
        yield numbers, trajectories(system, numbers, length, conditions)


def render(system: System, found: Trajectories, frames: np.ndarray, size: int, conditions: Conditions) -> np.ndarray:
    """Videos of the chosen frames, (N, T), of each trajectory: (N, T, 3, size, size) uint8."""
    (count, times), canvas = frames.shape, conditions.ranges(system).canvas
    states = found.states[np.arange(count)[:, None], frames]
    places = _places(system, states, found.constants) + found.offset[:, None, None]
    masses = np.stack([np.broadcast_to(m[:, None], (count, times)) for m in system.masses(found.constants)], axis=-1)
    colours = np.broadcast_to(rendering.palette(conditions.hues)[found.hue][:, None], (*masses.shape, 3))
    centres, mass, colour = (part.reshape(count * times, *part.shape[2:]) for part in (places, masses, colours))
    pictures = rendering.draw((centres / canvas + 1) / 2, np.sqrt(mass / np.pi) / (2 * canvas), colour, size)
    return pictures.reshape(count, times, 3, size, size)


def _draw(system: System, number: int, attempt: int, conditions: Conditions) -> dict:
    """All random values of one trajectory."""
    ranges = conditions.ranges(system)
    rng = np.random.default_rng([SEED, int.from_bytes(system.name.encode(), "big"), number, attempt])
    constants = {name: rng.uniform(*bounds) for name, bounds in ranges.constants.items()}
    hues = conditions.hues
    return {
        "constants": constants,
        "start": system.start(rng, constants, ranges),
        "offset": system.offset(rng, ranges),
        "hue": rng.permutation(hues)[: system.bodies] if hues > 1 else np.zeros(system.bodies, int),
        "chance": rng.random(),
    }


def _first_failure(system: System, path: np.ndarray, constants: dict[str, np.ndarray], ranges: Ranges) -> np.ndarray:
    """The first frame of each path (N, L, 2 D) without a state or with a body outside the canvas, (N,); L for none."""
    inside = (np.abs(_places(system, path, constants)) <= ranges.reach).all(axis=(2, 3))  # false for NaN
    return np.where(inside.all(axis=1), path.shape[1], inside.argmin(axis=1))


def _places(system: System, states: np.ndarray, constants: dict[str, np.ndarray]) -> np.ndarray:
    """The centres of the bodies in states (N, T, 2 D), relative to the origin of the system: (N, T, bodies, 2)."""
    q = np.ascontiguousarray(np.moveaxis(states[..., : states.shape[-1] // 2], -1, 0))
    own = {name: values[:, None] for name, values in constants.items()}
    return np.moveaxis(system.places(q, own), (0, 1), (2, 3))
