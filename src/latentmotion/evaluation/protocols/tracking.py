"""tracking: do generated videos of a simulated system show its bodies, and do these move as the system does?

Frechet distances of features can be good while no frame shows what it should. Here the discs are found in the frames
(physics/tracker.py), and their paths are compared with the equations of motion (physics/observed.py). Real videos go
through the same measurement: their numbers, which begin with `real_`, say how exact it is.
"""

import numpy as np

from latentmotion.data.physics import rendering as discs
from latentmotion.data.physics.observed import WINDOW, motion
from latentmotion.data.physics.registry import find, names
from latentmotion.data.physics.system import Ranges, System
from latentmotion.data.physics.tracker import Expected, find_discs, followed
from latentmotion.evaluation.protocols import generate
from latentmotion.evaluation.protocols.base import EvaluationContext
from latentmotion.models import base as contract

NAME = "tracking"
NEEDS = frozenset({contract.SAMPLE_CONTENT, contract.SAMPLE_MOTION})
DATASETS = ("double_pendulum", "mass_spring", "pendulum", "three_body", "two_body")
SAMPLES = 256
AROUND = ("pendulum", "two_body")  # systems whose bodies stay at a distance from the origin


def applies(context: EvaluationContext) -> bool:
    """Where videos are of a simulated system whose equations are known."""
    return "constants" in context.facts and context.data.id in names()


def scored(context: EvaluationContext) -> int:
    """How many generated videos are looked at, and as many real ones."""
    return min(SAMPLES, len(context.split))


def measure(context: EvaluationContext) -> dict[str, float]:
    """Of generated videos of the length of training, and with `real_` before the name of videos of the split.

    right_number: share of the frames with as many discs as there are bodies, no two of one hue where there are several.
    good_frames: share of the frames whose number is right and whose discs all have the right radius and colour.
    clean_videos: share of the videos whose number is right in every frame.

    Of the clean videos alone, and left out where there are none:
    speed: mean over bodies, frames and videos, in the system's units of length and time.

    Of the clean videos of systems whose constants do not vary, too:
    energy, energy_spread: mean and standard deviation over videos of the total energy of the real system, in its units.
    energy_drift: standard deviation over the frames of a video, mean over videos, relative to the spread of real ones.
    radius_spread: of the pendulum and of two bodies, the standard deviation over the frames of a video of a body's
        distance from the origin, mean over bodies and videos, in the system's unit of length: the arm of a pendulum is
        rigid, and two bodies go around each other on nearly circular orbits.
    orbit_distance: how far the path lies from the orbit through its first state, mean over frames, bodies and videos,
        in radii of the smallest disc.
    """
    count, frames = scored(context), context.split.x.shape[1]
    generated = generate.drawn(context, count, frames).numpy()
    real = tracked(context, np.array(context.split.x[:count]))
    found = tracked(context, generated)
    for scores in (found, real):
        if "energy_drift" in scores and (spread := real.get("energy_spread")):
            scores["energy_drift"] /= spread
        else:
            scores.pop("energy_drift", None)
    return found | {f"real_{name}": value for name, value in real.items()}


def tracked(context: EvaluationContext, videos: np.ndarray) -> dict[str, float]:
    """The numbers of videos (N, T, 3, S, S) uint8; energy_drift in the unit of the energy."""
    system, ranges, expected = appearance(context)
    found = find_discs(videos.reshape(-1, *videos.shape[2:]), expected)
    shape = videos.shape[:2]
    clean = found.right.reshape(shape).all(1)
    scores = {
        "right_number": found.right.mean(),
        "good_frames": found.good.mean(),
        "clean_videos": clean.mean(),
    }
    if not clean.any() or videos.shape[1] < WINDOW:
        return scores
    centres = followed(found, shape)[clean]
    places = (2 * centres - 1) * ranges.canvas
    fixed = all(low == high for low, high in ranges.constants.values()) and not ranges.jitter
    constants = {name: low for name, (low, _) in ranges.constants.items()}
    seen = motion(system, places, constants, context.facts["dt"])
    scores["speed"] = seen.speed.mean()
    if fixed:
        scores |= {
            "energy": seen.energy.mean(), "energy_spread": seen.energy.mean(1).std(),
            "energy_drift": seen.energy.std(1).mean(),
            "orbit_distance": np.mean(seen.distance[np.isfinite(seen.distance)])
            / (expected.radii[0] * 2 * ranges.canvas),
        }  # fmt: skip
        if system.name in AROUND:
            scores["radius_spread"] = np.linalg.norm(places, axis=-1).std(1).mean()
    return {name: float(value) for name, value in scores.items() if np.isfinite(value)}


def appearance(context: EvaluationContext) -> tuple[System, Ranges, Expected]:
    """The system of a dataset, what it draws at random, and what its discs look like."""
    system = find(context.data.id)
    options = context.data.settings["options"]
    ranges = system.varied if options.get("varied") else system.plain
    masses = [
        mass
        for end in (0, 1)
        for mass in system.masses({name: bounds[end] for name, bounds in ranges.constants.items()})
    ]
    radii = [float(np.sqrt(mass / np.pi)) / (2 * ranges.canvas) for mass in (min(masses), max(masses))]
    colours = discs.palette(options.get("hues", system.hues))
    return system, ranges, Expected(system.bodies, colours, (radii[0], radii[1]))
