"""Sprites: 1296 characters, with four attributes of six values each, in nine actions of eight frames.

The set is that of Li and Mandt, Disentangled sequential autoencoder (2018), from sheets of the Liberated Pixel Cup
(CC-BY-SA 3.0 and GPL 3.0): body, bottomwear, topwear and hair with the numbers 0 to 5, and shoes 1. Layers, frames, the
order of characters and the split are those of the published set. The source `drawn` is a person that this project
draws, with the same labels, shapes and splits (synthetic/sprites.py).

Eight frames are taken from a row of a sheet, as in the published set:
    walk        columns 8, 1..7: the cycle, without column 0, where the character stands still
    spell card  columns 0..5, 4, 6: the arms go up and down again
    slash       columns 0..5, 4, 0: the arm goes out and back
As in HALO (section 4.1), sequences are periodic: the first frame follows the last one.
"""

from pathlib import Path

import numpy as np

from latentmotion.core.errors import UserError
from latentmotion.data.readers.images import area_average, read_picture
from latentmotion.data.sequences import LabelSpec, Sequences
from latentmotion.data.synthetic import sprites as drawn

OPTIONS = {"characters": 1296, "test": 296, "validation": 100}
ATTRIBUTES = ("body", "bottomwear", "topwear", "hair")
VALUES = 6
GESTURES = ("walk", "spell card", "slash")
VIEWS = ("front", "left", "right")
ACTIONS = tuple(f"{gesture} {view}" for gesture in GESTURES for view in VIEWS)
FRAMES = 8
CELL = 64
SHEET = (832, 1344)

_COLUMNS = {"walk": (8, 1, 2, 3, 4, 5, 6, 7), "spell card": (0, 1, 2, 3, 4, 5, 4, 6), "slash": (0, 1, 2, 3, 4, 5, 4, 0)}
_FIRST_ROW = {"walk": 8, "spell card": 0, "slash": 12}
_ROW_OF_VIEW = {"front": 2, "left": 1, "right": 3}


def prepare(raw: Path, settings: dict) -> Sequences:
    """All sequences of the chosen characters, (9 * characters, 8, 3, size, size) uint8.

    Options: `characters`, `test` and `validation` are the number of all characters, and of those for test and for
    validation.

    Raises UserError for a sheet that is missing, truncated, or of another format, size or mode, and for impossible
    settings.
    """
    if settings["frames"] != FRAMES:
        raise UserError(f"key 'datasets.sprites.frames': sprites have {FRAMES} frames; got {settings['frames']}")
    characters, split = _split(**settings["options"])
    layers = _sheets(raw) if settings["source"] == "real" else drawn.layers()
    x = compose(layers, characters, settings["size"])
    actions = np.tile(np.arange(len(ACTIONS)), len(characters))
    group = np.repeat(characters, len(ACTIONS))
    labels = {"action": actions}
    specs = {"action": LabelSpec("motion", ACTIONS)}
    for place, attribute in enumerate(ATTRIBUTES):
        labels[attribute] = group // VALUES ** (len(ATTRIBUTES) - 1 - place) % VALUES
        specs[attribute] = LabelSpec("content", tuple(f"{attribute} {value}" for value in range(VALUES)))
    labels |= {"gesture": actions // len(VIEWS), "view": actions % len(VIEWS)}
    specs |= {"gesture": LabelSpec("aside", GESTURES), "view": LabelSpec("aside", VIEWS)}
    facts = {
        "group": "character: body * 216 + bottomwear * 36 + topwear * 6 + hair",
        "source": "Liberated Pixel Cup sheets, CC-BY-SA 3.0 and GPL 3.0"
        if settings["source"] == "real"
        else "drawn by this project; not the real Sprites",
    }
    return Sequences(x, labels, specs, group, np.repeat(split, len(ACTIONS)), facts, repeats=True)


def _split(characters: int, test: int, validation: int) -> tuple[np.ndarray, np.ndarray]:
    """The ids of the characters in the published order (training, validation, test) and the split of each.

    The order is the permutation of NumPy with seed 423. The first character with each value of an attribute is moved to
    the front, so that a smaller set trains on every value too. In the whole set no character changes its split by this.
    """
    total = VALUES ** len(ATTRIBUTES)
    train = characters - test - validation
    if characters > total or train < VALUES:
        raise UserError(
            f"key 'datasets.sprites.options': {characters} characters, {test} of them test, {validation} validation, "
            f"leave {train} of {total} for training; leave at least {VALUES}"
        )
    order = np.random.RandomState(423).permutation(total)
    digits = order[:, None] // VALUES ** np.arange(len(ATTRIBUTES)) % VALUES
    first = sorted({int(np.argmax(column == value)) for column in digits.T for value in range(VALUES)})
    order = np.concatenate([order[first], np.delete(order, first)])[:characters]
    if train < len(first):
        raise UserError(f"key 'datasets.sprites.options': {train} characters for training do not show every value")
    return order, np.repeat(["train", "validation", "test"], [train, validation, test])


def _sheets(raw: Path) -> list[np.ndarray]:
    """The 25 sheets as layers (values, 9 actions, 8 frames, 4, 64, 64), in the order in which they are composed."""
    layers = [np.stack([_sheet(raw / name / f"{value}.png") for value in range(VALUES)]) for name in ATTRIBUTES]
    return [*layers, _sheet(raw / "shoes" / "1.png")[None]]


def _sheet(path: Path) -> np.ndarray:
    """The cells of a sheet, (9, 8, 4, 64, 64) uint8, with premultiplied alpha."""
    picture = read_picture(path, "PNG", ("RGBA", "P"), SHEET)
    if picture.mode == "P" and "transparency" not in picture.info:
        raise UserError(f"{path}: has no transparency; replace it by the original")
    rgba = np.asarray(picture.convert("RGBA")).astype(np.uint16)
    rgba[..., :3] = (rgba[..., :3] * rgba[..., 3:] + 127) // 255
    cells = rgba.astype(np.uint8).reshape(SHEET[1] // CELL, CELL, SHEET[0] // CELL, CELL, 4).transpose(0, 2, 4, 1, 3)
    rows = [[_FIRST_ROW[gesture] + _ROW_OF_VIEW[view]] for gesture in GESTURES for view in VIEWS]
    columns = [_COLUMNS[gesture] for gesture in GESTURES for _ in VIEWS]
    return cells[rows, columns]


def compose(layers: list[np.ndarray], characters: np.ndarray, size: int) -> np.ndarray:
    """Characters on black, (9 * characters, 8, 3, size, size) uint8.

    Parts that characters share are composed only once: for each frame there are 36 combinations of body and bottomwear,
    216 with topwear, and 6 of hair and shoes. Then hair and shoes are put over each character.
    """
    body, bottomwear, topwear, hair, shoes = layers
    out = np.empty((len(characters), len(ACTIONS), FRAMES, 3, size, size), np.uint8)
    below, top = np.divmod(characters, VALUES)
    for action in range(len(ACTIONS)):
        for frame in range(FRAMES):
            dressed = body[:, action, frame, :3]
            for layer in (bottomwear, topwear):
                dressed = _over(dressed[:, None], layer[None, :, action, frame]).reshape(-1, 3, CELL, CELL)
            head = _over(hair[:, action, frame], shoes[:, action, frame])
            rows, columns = _box(head[:, 3])
            whole = dressed[below]
            whole[..., rows, columns] = _over(whole[..., rows, columns], head[..., rows, columns][top])
            out[:, action, frame] = area_average(whole, size)
    return out.reshape(-1, FRAMES, 3, size, size)


def _box(alpha: np.ndarray) -> tuple[slice, slice]:
    """The smallest rectangle of rows and columns outside which all pictures (N, H, W) are transparent."""
    seen = alpha.any(axis=0)
    filled = (np.flatnonzero(seen.any(axis=axis)) for axis in (1, 0))
    rows, columns = (slice(places[0], places[-1] + 1) if len(places) else slice(0) for places in filled)
    return rows, columns


def _over(below: np.ndarray, above: np.ndarray) -> np.ndarray:
    """Composes `above` (..., 4, H, W) over `below` (..., 3 or 4, H, W), both with premultiplied alpha.

    The computation is in 16 bits, with a rounded division by 255.
    """
    through = (255 - above[..., 3:, :, :]).astype(np.uint16)
    rest = below * through
    rest += 128
    rest += rest >> 8
    rest >>= 8
    rest += above[..., : below.shape[-3], :, :]
    return np.minimum(rest, 255, out=rest).astype(np.uint8)
