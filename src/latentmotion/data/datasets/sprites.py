"""Sprites: 1296 characters, four attributes of six values each, in nine actions of eight frames.

Source: Li and Mandt, Disentangled sequential autoencoder (2018), from sheets of the Liberated Pixel Cup (CC-BY-SA 3.0
and GPL 3.0): body, bottomwear, topwear and hair 0..5 and shoes 1. Layers, frames, order of characters and split are
those of the published set. `drawn` is this project's own person with the same labels, shapes and splits
(drawn/sprites.py).

Eight frames out of a sheet's row, as in the published set:
    walk        columns 8, 1..7: the cycle, without column 0, which stands still
    spell card  columns 0..5, 4, 6: up, and down again
    slash       columns 0..5, 4, 0: out, and back
A sequence is taken as periodic, as HALO does (section 4.1): what follows the last frame is the first.
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

    Options: `characters`, of which `test` are for the test and `validation` of the others for validation.
    Raises UserError for a sheet that is missing, truncated, renamed or of another size or mode, and for impossible
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
    """Character ids in the published order, train, validation, test, and the name of each one's split.

    The order is NumPy's permutation of seed 423. The first characters to show a value of an attribute are moved to the
    front, so that a smaller set, too, trains on every value; in the whole set this moves nothing across splits.
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
    """One sheet's cells, (9, 8, 4, 64, 64) uint8, premultiplied."""
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
    """Characters over black, (9 * characters, 8, 3, size, size) uint8.

    What characters share is composed once: body and bottomwear 36 times a frame, with topwear 216 times, and hair under
    shoes, which is the same on all, 6 times; only the last of these is laid on every character.
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
    """The rows and columns outside which every picture (N, H, W) is transparent."""
    seen = alpha.any(axis=0)
    filled = (np.flatnonzero(seen.any(axis=axis)) for axis in (1, 0))
    rows, columns = (slice(places[0], places[-1] + 1) if len(places) else slice(0) for places in filled)
    return rows, columns


def _over(below: np.ndarray, above: np.ndarray) -> np.ndarray:
    """Premultiplied `above` (..., 4, H, W) laid over `below` (..., 3 or 4, H, W), in 16 bits: a rounded x / 255."""
    through = (255 - above[..., 3:, :, :]).astype(np.uint16)
    rest = below * through
    rest += 128
    rest += rest >> 8
    rest >>= 8
    rest += above[..., : below.shape[-3], :, :]
    return np.minimum(rest, 255, out=rest).astype(np.uint8)
