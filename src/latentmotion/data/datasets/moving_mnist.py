"""Stochastic moving MNIST: one handwritten digit on black, which bounces off walls at a random speed and direction.

As in R-WAE, appendix C, frames are 64 x 64 x 1 with one digit, because two could collide, and "the digits in SM-MNIST
move with a constant velocity along a trajectory until they hit at wall at which point they bounce off with a random
speed and direction". Numbers that the paper does not state are those of the public generator of Denton and Fergus
(2018): a picture of a digit has 32 pixels, with the ink in the middle 23, and velocities are whole pixels, up to 4
along each axis. There are three departures from this generator. No digit stands still (there 1 of 81 does). A digit
turns in the frame in which it touches the wall (there it may rest for one more frame). The whole canvas is used (there
the last row and column are not).

Smaller frames are averages of these frames. Models learn from 8 frames (figure 9). In validation and test, sequences
have 100 frames, because the paper generates and swaps sequences of this length; digits are judged on 10 of them
(section 5.2).

The source is MNIST (LeCun, Bottou, Bengio and Haffner, 1998; CC-BY-SA 3.0): only its test images, split by image,
unless `training_images` is set. The source `drawn` is the digits of scikit-learn, enlarged (synthetic/digits.py), not
MNIST.
"""

from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from PIL import Image

from latentmotion.config.splits import SPLITS
from latentmotion.core.errors import UserError
from latentmotion.data.readers.images import area_average
from latentmotion.data.readers.mnist import TRAINING, read_mnist
from latentmotion.data.sequences import LabelSpec, Sequences
from latentmotion.data.synthetic import digits as drawn
from latentmotion.data.synthetic.bouncing import bounces

OPTIONS = {
    "sequences": 70000,
    "test": 10000,
    "validation": 2000,
    "continued": 100,
    "digit": 32,
    "speed": 4,
    "training_images": False,
}
CANVAS = 64  # side in pixels; smaller frames are averages
SEED = 20180221
_CHUNK = 2048  # frames that are rendered together


def prepare(raw: Path, settings: dict) -> Sequences:
    """All sequences, (N, frames, 1, size, size) uint8, and their continuations.

    Options:
        sequences, test, validation: the number of all sequences, and of those for test and for validation.
        continued: the number of frames of a sequence in validation and test.
        digit: the side of the picture of a digit, in 1/64 of the side of a frame.
        speed: the largest change of each coordinate from one frame to the next, likewise.
        training_images: use the training images of MNIST too. Then the test images are for the test and 1 of 12
            training images for validation. Otherwise, of the test images, 1 of 5 is for the test and 1 of 10 for
            validation.

    Raises UserError for impossible settings and for files that are missing, damaged or not MNIST.
    """
    _check(settings)
    options = settings["options"]
    counts = {split: options[split] for split in ("test", "validation")}
    counts["train"] = options["sequences"] - sum(counts.values())
    images, classes, parts = _sources(raw, settings)
    images = _resized(images, options["digit"])
    shown = {split: np.resize(in_turns(parts[split], classes), count) for split, count in counts.items()}
    length, held_out = options["continued"], counts["test"] + counts["validation"]
    picture = (1, settings["size"], settings["size"])
    x = np.empty((options["sequences"], settings["frames"], *picture), np.uint8)
    longer = x[:held_out] if length == settings["frames"] else np.empty((held_out, length, *picture), np.uint8)
    first = 0
    for split, chosen in shown.items():
        out = (x if split == "train" else longer)[first : first + len(chosen)]
        key = [SEED, SPLITS.index(split)]
        path = bounces(key, len(out), out.shape[1], CANVAS - options["digit"], options["speed"])
        draw(out, images[chosen], path)
        first += len(chosen)
    x[:held_out] = longer[:held_out, : settings["frames"]]
    group = np.concatenate(list(shown.values()))
    return Sequences(
        x,
        labels={"action": np.zeros(len(x), int), "digit": classes[group].astype(int)},
        specs={"action": LabelSpec("aside", ("bounce",)), "digit": LabelSpec("content", tuple("0123456789"))},
        group=group,
        split=np.repeat(list(counts), list(counts.values())),
        facts=_facts(settings, parts),
        continued=longer if length > settings["frames"] else None,
    )


def draw(out: np.ndarray, images: np.ndarray, path: np.ndarray) -> None:
    """Renders pictures (N, D, D) into `out` (N, T, 1, size, size).

    Paths (N, T, 2) hold the row and column of their upper left corner on the canvas.
    """
    frames, side = out.shape[1], images.shape[1]
    step = max(1, _CHUNK // frames)
    for first in range(0, len(out), step):
        part = slice(first, first + step)
        row, column = path[part].reshape(-1, 2).T
        canvas = np.zeros((len(row), CANVAS, CANVAS), np.uint8)
        windows = sliding_window_view(canvas, (side, side), axis=(1, 2), writeable=True)
        windows[np.arange(len(row)), row, column] = np.repeat(images[part], frames, axis=0)
        out[part] = area_average(canvas, out.shape[-1]).reshape(out[part].shape)


def in_turns(chosen: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """The same instances in another order: one of each class in turn, as long as the class has any left.

    Therefore the first instances, however many, are balanced over the classes.
    """
    turn = np.empty(len(chosen), int)
    for value in np.unique(classes[chosen]):
        members = np.flatnonzero(classes[chosen] == value)
        turn[members] = np.arange(len(members))
    return chosen[np.lexsort((classes[chosen], turn))]


def _sources(raw: Path, settings: dict) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Pictures (N, 28, 28), their classes (N,), and split -> indices of its pictures, in random order."""
    images, classes = drawn.labelled() if settings["source"] == "drawn" else read_mnist(raw)
    known = len(images)
    if settings["options"]["training_images"]:
        if missing := [raw / file for file in TRAINING if not (raw / file).is_file()]:
            how = f"latentmotion fetch --dataset moving_mnist_training_images --out {raw}"
            raise UserError(f"{missing[0]}: missing; fetch it with '{how}'")
        more, classes_of_more = read_mnist(raw, TRAINING)
        images, classes = np.concatenate([images, more]), np.concatenate([classes, classes_of_more])
        test, others = np.arange(known), known + np.random.default_rng(SEED).permutation(len(more))
        validation, train = np.split(others, [len(more) // 12])
    else:
        shuffled = np.random.default_rng(SEED).permutation(known)
        test, validation, train = np.split(shuffled, [known // 5, known // 5 + known // 10])
    return images, classes, {"train": train, "validation": validation, "test": test}


def _resized(images: np.ndarray, side: int) -> np.ndarray:
    """The pictures, bilinearly resized as in the public generator."""
    resized = [Image.fromarray(image).resize((side, side), Image.Resampling.BILINEAR) for image in images]
    return np.stack([np.asarray(image) for image in resized])


def _check(settings: dict) -> None:
    options, where = settings["options"], "key 'datasets.moving_mnist"
    size, digit, speed = settings["size"], options["digit"], options["speed"]
    test, validation = options["test"], options["validation"]
    train = options["sequences"] - test - validation
    if min(train, test, validation) < 10:
        raise UserError(
            f"{where}.options': {options['sequences']} sequences, {test} of them test, {validation} validation, leave "
            f"{train} for training; give each split 10 or more, one of each digit"
        )
    if CANVAS % size:
        raise UserError(f"{where}.size': {size} does not divide {CANVAS}, the side of the canvas; one of 8, 16, 32, 64")
    if options["continued"] < settings["frames"]:
        raise UserError(
            f"{where}.options.continued': {options['continued']} is less than the {settings['frames']} frames; raise it"
        )
    if digit > CANVAS:
        raise UserError(f"{where}.options.digit': {digit}, larger than the canvas of {CANVAS}; lower it")
    if not speed < CANVAS - digit:
        raise UserError(
            f"{where}.options': a digit of {digit} has {CANVAS - digit} of {CANVAS} to move in, too little for a speed "
            f"of {speed}; lower one of them"
        )
    if options["training_images"] and settings["source"] == "drawn":
        raise UserError(f"{where}.options.training_images': MNIST has them, the drawn digits do not; set it to false")


def _facts(settings: dict, parts: dict[str, np.ndarray]) -> dict:
    real, options = settings["source"] == "real", settings["options"]
    of_mnist = "MNIST test images" + (" (test) and training images" if options["training_images"] else "")
    return {
        "group": "digit: its place among the images of the source",
        "split": "by digit instance",
        "instances": {split: len(part) for split, part in parts.items()},
        "source": f"{of_mnist}, CC-BY-SA 3.0" if real else "scikit-learn's 8 x 8 digits, enlarged; not MNIST",
        "seed": SEED,
    }
