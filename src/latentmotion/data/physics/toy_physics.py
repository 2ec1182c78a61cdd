"""The data set of a system: videos of 16 frames from trajectories of 512 frames, as in Hamiltonian GAN, section 5.1.

The published sets have 50,000 training and 20,000 test trajectories of 512 frames at a distance of 0.05 in time. Models
and the Frechet distance get 16 successive frames of each, from a random frame on. Here only these are rendered: one
clip of each trajectory, at a random place of it. Trajectories are numbered: the first ones are for the test, the next
ones for validation, and the others for training. The true states are not part of the data set; `trajectories` computes
them again.
"""

import numpy as np

from latentmotion.core.errors import UserError
from latentmotion.data.physics.rendering import BACKGROUND
from latentmotion.data.physics.system import System
from latentmotion.data.physics.trajectories import SEED, Conditions, batches, render
from latentmotion.data.sequences import LabelSpec, Sequences

PUBLISHED = "Botev et al., Which priors matter? Benchmarking models for learning latent dynamics (2021)"


def options(system: System) -> dict:
    """The options, with the values of Hamiltonian GAN.

    sequences, test, validation: the number of all sequences, and of those for test and for validation.
    span: the number of frames of a trajectory.
    continued: the number of frames of a clip that validation and test keep for prediction.
    dt: the time between two frames.
    friction: 0.05 in the published variants.
    varied: whether physical quantities and the place of the origin are random for each trajectory.
    hues: the number of colours from which each body gets one at random; 6 in the published variants.
    """
    return {
        "sequences": 54096,
        "test": 2048,
        "validation": 2048,
        "span": 512,
        "continued": 16,
        "dt": 0.05,
        "friction": 0.0,
        "varied": False,
        "hues": system.hues,
    }


def prepare(system: System, settings: dict) -> Sequences:
    """All clips, (N, frames, 3, size, size) uint8.

    Raises UserError for impossible settings, and for a trajectory that leaves the canvas or diverges in all attempts.
    """
    chosen, frames, continued = settings["options"], settings["frames"], settings["options"]["continued"]
    sequences, test, validation = (chosen[name] for name in ("sequences", "test", "validation"))
    train, held_out = sequences - test - validation, test + validation
    _check(system, settings, train)
    picture = (3, settings["size"], settings["size"])
    x = np.empty((sequences, frames, *picture), np.uint8)
    longer = x[:held_out] if continued == frames else np.empty((held_out, continued, *picture), np.uint8)
    _fill(longer, 0, system, chosen)
    x[:held_out] = longer[:held_out, :frames]
    _fill(x[held_out:], held_out, system, chosen)
    return Sequences(
        x,
        labels={"action": np.zeros(sequences, int)},
        specs={"action": LabelSpec("aside", (system.name,))},
        group=np.arange(sequences),
        split=np.repeat(["test", "validation", "train"], [test, validation, train]),
        facts=_facts(system, chosen),
        continued=longer if continued > frames else None,
    )


def conditions(chosen: dict) -> Conditions:
    """Those options of a data set on which trajectories depend."""
    return Conditions(*(chosen[name] for name in ("dt", "friction", "varied", "hues")))


def _fill(out: np.ndarray, first: int, system: System, chosen: dict) -> None:
    """Writes the clips of the trajectories from number `first` on into out (N, T, 3, size, size)."""
    length, same = out.shape[1], conditions(chosen)
    for numbers, found in batches(system, first, first + len(out), chosen["span"], same):
        begin = (found.chance * (chosen["span"] - chosen["continued"] + 1)).astype(int)
        clips = render(system, found, begin[:, None] + np.arange(length), out.shape[-1], same)
        out[numbers - first] = clips


def _check(system: System, settings: dict, train: int) -> None:
    chosen, where = settings["options"], f"key 'datasets.{system.name}"
    if settings["source"] != "real":
        raise UserError(f"{where}.source': Toy Physics is simulated and has no other source; set it to real")
    if train < 1:
        raise UserError(
            f"{where}.options': {chosen['sequences']} sequences, {chosen['test']} of them test, "
            f"{chosen['validation']} validation, leave {train} for training; raise 'sequences'"
        )
    if not settings["frames"] <= chosen["continued"] <= chosen["span"]:
        raise UserError(
            f"{where}.options': {settings['frames']} frames, {chosen['continued']} continued, a span of "
            f"{chosen['span']}; none may be longer than the next"
        )
    if not chosen["dt"] > 0:
        raise UserError(f"{where}.options.dt': {chosen['dt']}, but time must pass between frames; set it above 0")
    if chosen["friction"] and system.frictionless:
        raise UserError(
            f"{where}.options.friction': {chosen['friction']}, but bodies under gravity that lose energy fall into "
            "each other; set it to 0"
        )
    if 1 < chosen["hues"] < system.bodies:
        raise UserError(
            f"{where}.options.hues': {chosen['hues']} colours for {system.bodies} bodies; 1 for all alike, or "
            f"{system.bodies} or more"
        )


def _facts(system: System, chosen: dict) -> dict:
    ranges = conditions(chosen).ranges(system)
    return {
        "group": "trajectory, each with its own initial state",
        "source": f"simulated by this project after {PUBLISHED}",
        "clips": f"one of each trajectory of {chosen['span']} frames, from a random frame on",
        "seed": SEED,
        "dt": chosen["dt"],
        "friction": chosen["friction"],
        "constants": {name: list(bounds) for name, bounds in ranges.constants.items()},
        "radius": {"range": list(ranges.radius), "even by": "area" if ranges.by_area else "radius"},
        "canvas": {"half side": ranges.canvas, "background": list(BACKGROUND), "jitter": ranges.jitter},
    }
