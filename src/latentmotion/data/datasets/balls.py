"""Rotating balls: a red or a blue ball moves on a circle; each sequence starts at a random place of the circle.

The set is generated as HALO, section 4, describes: the centre (i, j) of the ball, measured from the middle of the
picture, fulfils i^2 + j^2 = c, the start is uniform on the circle, and half of the sequences are red, the others blue.
There is no published set, so there are no raw files. Where the paper states nothing, these are our choices: 1000
sequences; a black background; the radius of the ball is 1/8 and sqrt(c) is 5/16 of the side of the picture; the ball
moves clockwise at a constant speed, with one revolution in 16 frames. A sequence has 16 frames too, so that it is
periodic.
"""

import numpy as np

from latentmotion.core.errors import UserError
from latentmotion.data.sequences import LabelSpec, Sequences
from latentmotion.data.synthetic.shapes import Window, ellipse

OPTIONS = {"sequences": 1000, "test": 200, "validation": 100, "orbit": 20, "radius": 8, "revolution": 16}
COLOURS = {"red": (230, 40, 40), "blue": (50, 90, 240)}
SEED = 20221128
_MIDDLE = 32.0  # of a picture, in 1/64 of its side, as `orbit` and `radius`
_CHUNK = 256


def prepare(raw, settings: dict) -> Sequences:
    """All sequences, (N, frames, 3, size, size) uint8; the first are for training, the last for the test.

    Options:
        sequences, test, validation: the number of all sequences, and of those for test and for validation.
        orbit, radius: sqrt(c) and the radius of the ball, in 1/64 of the side of the picture.
        revolution: the number of frames of a revolution.

    Raises UserError for an unknown source, a ball that leaves the picture or stands still, and an empty split.
    """
    options = settings["options"]
    sequences, test, validation = (options[name] for name in ("sequences", "test", "validation"))
    _check(settings["source"], sequences - test - validation, options)
    frames, revolution = settings["frames"], options["revolution"]
    colour = np.arange(sequences) % len(COLOURS)
    start = np.array([np.random.default_rng([SEED, i]).uniform(0, 2 * np.pi) for i in range(sequences)])
    angle = start[:, None] + 2 * np.pi * np.arange(frames) / revolution
    x = draw(angle, colour, options["orbit"], options["radius"], settings["size"])
    split = np.repeat(["train", "validation", "test"], [sequences - test - validation, validation, test])
    return Sequences(
        x,
        labels={"action": np.zeros(sequences, int), "colour": colour},
        specs={"action": LabelSpec("aside", ("orbit",)), "colour": LabelSpec("content", tuple(COLOURS))},
        group=np.arange(sequences),
        split=split,
        facts={"group": "sequence: its own initial angle", "source": "generated as HALO, section 4, describes"},
        repeats=frames % revolution == 0,
    )


def _check(source: str, train: int, options: dict) -> None:
    where = "key 'datasets.balls"
    if source != "real":
        raise UserError(f"{where}.source': balls are generated and have no other source; set it to real")
    if train < len(COLOURS) or min(options["test"], options["validation"]) < len(COLOURS):
        raise UserError(
            f"{where}.options': {options['sequences']} sequences, {options['test']} of them test, "
            f"{options['validation']} validation, leave {train} for training; give each split a ball of each colour"
        )
    if options["orbit"] + options["radius"] > _MIDDLE:
        raise UserError(
            f"{where}.options': orbit {options['orbit']} and radius {options['radius']} reach beyond the picture's "
            f"{_MIDDLE:.0f}; lower one of them"
        )
    if options["revolution"] < 2:
        raise UserError(f"{where}.options.revolution': after 1 frame a ball is where it was; set it to 2 or more")


def draw(angle: np.ndarray, colour: np.ndarray, orbit: float, radius: float, size: int) -> np.ndarray:
    """Anti-aliased discs on black, (N, T, 3, size, size) uint8.

    Arguments:
        angle: (N, T), in radians, clockwise from the right.
        colour: (N,), indices into COLOURS.
        orbit, radius: in 1/64 of the side of the picture.
    """
    out = np.empty((*angle.shape, 3, size, size), np.uint8)
    at, shades = Window(size), np.array(list(COLOURS.values()))[colour]
    for first in range(0, len(angle), _CHUNK):
        part = slice(first, first + _CHUNK)
        flat = angle[part].reshape(-1)
        picture = np.zeros((len(flat), 3, size, size), np.float32)
        disc = ellipse(at, _MIDDLE + orbit * np.cos(flat), _MIDDLE + orbit * np.sin(flat), radius, radius)
        at.paint(picture, disc, np.repeat(shades[part], angle.shape[1], axis=0))
        out[part] = np.round(picture).reshape(out[part].shape)
    return out
