"""Rotating MNIST: handwritten threes at 16 equally spaced angles, some of which are hidden.

The source is the 1,010 threes among the MNIST test images (LeCun, Bottou, Bengio and Haffner, 1998; CC-BY-SA 3.0). The
source `drawn` is the 183 threes of the digits in scikit-learn, enlarged (synthetic/digits.py); these are handwritten
too, but they are not MNIST.

The hidden angles follow Casale et al. (2018) and Yildiz et al. (2019): one angle is hidden for every digit, and others
at random for each digit. evaluation/protocols/missing_angle.py describes what is measured on them and how both papers
differ. All splits show the same angles of the same digits. The validation split scores the angles that are hidden at
random, and the test split the angle that is hidden for every digit. Frames that a split neither shows nor scores are
blank.
"""

from pathlib import Path

import numpy as np
from scipy.ndimage import affine_transform

from latentmotion.config.splits import SPLITS
from latentmotion.core.errors import UserError
from latentmotion.data.readers.mnist import TEST, read_mnist
from latentmotion.data.sequences import LabelSpec, Sequences
from latentmotion.data.synthetic import digits as drawn

OPTIONS = {"instances": 360, "hidden": 5}
DIGIT = 3
MISSING = 3  # the angle that is hidden for every digit, 67.5 degrees, as in the code of ODE2VAE
SEED = 20181028
IMAGES, LABELS = TEST


def prepare(raw: Path, settings: dict) -> Sequences:
    """Every digit in each of the three splits, (3 * instances, frames, 1, size, size) uint8.

    The setting `frames` is the number of angles of a revolution. Options: `instances` is the number of digits, `hidden`
    the number of hidden angles of each digit.

    Raises UserError for impossible settings, for more digits than the source has, and for files that are damaged or do
    not belong together.
    """
    frames, options = settings["frames"], settings["options"]
    hidden, where = options["hidden"], "key 'datasets.rotating_mnist"
    if frames <= MISSING:
        raise UserError(f"{where}.frames': {frames}; the angle {MISSING} is to be missing, so {MISSING + 1} at least")
    if not 2 <= hidden < frames:
        raise UserError(
            f"{where}.options.hidden': {hidden} of {frames} angles; from 2, one for the test and one for validation, "
            f"to {frames - 1}"
        )
    images = drawn.threes() if settings["source"] == "drawn" else mnist(raw)
    count = options["instances"]
    if count > len(images):
        raise UserError(f"{where}.options.instances': {count}, but the source has {len(images)} threes; lower it")
    chosen = np.sort(np.random.default_rng(SEED).permutation(len(images))[:count])
    whole = rotate(images[chosen], frames, settings["size"])
    at_random = np.stack([_at_random(int(digit), frames, hidden - 1) for digit in chosen])
    always = np.broadcast_to(np.arange(frames) == MISSING, at_random.shape)
    seen = ~(at_random | always)
    scored = np.stack([np.zeros_like(seen), at_random, always])
    x = np.where((seen | scored)[..., None, None, None], whole, 0).reshape(-1, *whole.shape[1:])
    facts = {
        "group": "digit: its place among the threes of the source",
        "split": f"by frame: all digits are in every split; the test scores angle {MISSING}, which none of them shows",
        "source": "MNIST test images, CC-BY-SA 3.0"
        if settings["source"] == "real"
        else "scikit-learn's 8 x 8 digits, enlarged; not MNIST",
    }
    return Sequences(
        x,
        labels={"action": np.zeros(len(x), int)},
        specs={"action": LabelSpec("aside", ("rotation",))},
        group=np.tile(chosen, len(SPLITS)),
        split=np.repeat(SPLITS, count),
        facts=facts,
        seen=np.tile(seen, (len(SPLITS), 1)),
        scored=scored.reshape(-1, frames),
        held_out="frames",
    )


def mnist(raw: Path) -> np.ndarray:
    """The threes among the MNIST test images, (N, 28, 28) uint8, in the order of the file."""
    images, labels = read_mnist(raw)
    return images[labels == DIGIT]


def rotate(images: np.ndarray, frames: int, size: int) -> np.ndarray:
    """Pictures (N, H, H) at `frames` angles of one revolution, anticlockwise: (N, frames, 1, size, size) uint8.

    Pictures are rotated around their centre and resized in one step, with bilinear interpolation; the surroundings are
    black. Frame 0 is not rotated.
    """
    scale, middle = images.shape[1] / size, (images.shape[1] - 1) / 2
    out = np.empty((len(images), frames, 1, size, size), np.uint8)
    for frame in range(frames):
        angle = 2 * np.pi * frame / frames
        cos, sin = np.cos(angle), np.sin(angle)
        back = scale * np.array([[cos, sin], [-sin, cos]])  # maps rows and columns of the new picture to the old one
        matrix = np.eye(3)
        matrix[1:, 1:] = back
        offset = np.append(0.0, middle - back @ np.full(2, (size - 1) / 2))
        turned = affine_transform(images.astype(np.float32), matrix, offset, (len(images), size, size), order=1)
        out[:, frame, 0] = turned.clip(0, 255).round()
    return out


def _at_random(digit: int, frames: int, count: int) -> np.ndarray:
    """(frames,): the angles of a digit that are hidden at random, in addition to MISSING."""
    others = np.delete(np.arange(frames), MISSING)
    return np.isin(np.arange(frames), np.random.default_rng([SEED, digit]).permutation(others)[:count])
