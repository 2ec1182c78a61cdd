"""Finds the discs that physics/discs.py draws, in frames that may hold anything, and says which frames are right.

A pixel belongs to the background or to one of the palette's colours, whichever is nearest. A pixel that lies on no
straight line from the background to a colour, as a mixture of the two does, is foreign. Neighbouring pixels of one
kind form a blob, and blobs of less than a tenth of the smallest disc's area are ignored as noise. The centre of a disc
is the mean of its pixels, each weighted by how much of it the colour covers, so that it is known to a small part of a
pixel. Discs that touch are told apart by their colours; of one that is partly covered, the visible part is what counts.
"""

from dataclasses import dataclass
from itertools import permutations

import numpy as np
from scipy import ndimage

from latentmotion.data.physics.rendering import BACKGROUND, draw

FOREIGN = 0.35  # how far from all mixtures a colour is foreign, channels being in [0, 1]
LEAST = 0.1  # area of the smallest blob that counts, as a share of the smallest disc's
COLOUR = 0.15  # root mean square error of a good disc's colour in each channel, at most
AREA = 0.3  # relative error of a good disc's area, and of its spread, at most
CORE = 0.6  # share of a disc's radius within which its colour is looked at
CHUNK = 2048  # blobs that are measured together
_WITHIN_A_FRAME = np.array([np.zeros((3, 3)), np.ones((3, 3)), np.zeros((3, 3))], bool)


@dataclass(frozen=True)
class Expected:
    """What the discs of a set look like.

    Attributes:
        bodies: how many there are.
        colours: (hues, 3) in [0, 1]; no two bodies of a frame share a hue where there is more than one.
        radii: the smallest and the largest radius, in sides of a frame.
    """

    bodies: int
    colours: np.ndarray
    radii: tuple[float, float]


@dataclass(frozen=True)
class Found:
    """What was found in F frames.

    Attributes:
        right: (F,), whether the number of discs is right.
        good: (F,), whether it is, and each disc has the radius, the shape and the colour that it should have.
        hue: (F, bodies), the hue of each disc in ascending order; -1 where the number is wrong.
        centres: (F, bodies, 2) in sides of the frame, to the right and upwards; NaN where the number is wrong.
        areas: (F, bodies) in frames, likewise.
    """

    right: np.ndarray
    good: np.ndarray
    hue: np.ndarray
    centres: np.ndarray
    areas: np.ndarray


def find_discs(frames: np.ndarray, expected: Expected) -> Found:
    """Looks at frames (F, 3, S, S) uint8."""
    count, size = len(frames), frames.shape[-1]
    hues, bodies = len(expected.colours), expected.bodies
    kind, cover = _kinds(frames, expected.colours)
    least = max(2.0, LEAST * np.pi * (expected.radii[0] * size) ** 2)
    blobs = [_blobs(kind == hue, least) for hue in range(hues + 1)]  # the last ones are foreign
    many = np.array([np.bincount(frame, minlength=count) for frame, _, _ in blobs])  # (hues + 1, F)
    right = (many[:hues].sum(0) == bodies) & (many[hues] == 0)
    if hues > 1:
        right &= many.max(0) <= 1
    hue, taken = np.full((count, bodies), -1), np.zeros(count, int)
    centres, areas = np.full((count, bodies, 2), np.nan), np.full((count, bodies), np.nan)
    fine = np.ones((count, bodies), bool)
    bounds = _bounds(expected, size)
    for number in range(hues):
        frame, labels, label = blobs[number]
        frame, label = frame[right[frame]], label[right[frame]]
        for part in np.array_split(np.arange(len(frame)), len(frame) // CHUNK + 1):
            places = frame[part]
            masks = labels[places] == label[part, None, None]
            measured = _measure(masks, cover[places, number], frames[places], expected.colours[number])
            slots = _slots(places, taken)
            hue[places, slots] = number
            centres[places, slots], areas[places, slots] = measured[0], measured[1]
            fine[places, slots] = _are_good(*measured[1:], bounds)
    return Found(right, right & fine.all(1), hue, centres, areas)


def is_background(frames: np.ndarray, colours: np.ndarray) -> np.ndarray:
    """Which pixels of frames (F, 3, S, S) uint8 belong to the background, (F, S, S); colours (hues, 3) in [0, 1]."""
    return _kinds(frames, colours)[0] == -1


def followed(found: Found, shape: tuple[int, int]) -> np.ndarray:
    """The centres of the discs of videos that were looked at as N T frames: (N, T, bodies, 2), a disc at one place in
    all frames. Hues tell the discs of one video apart; where all are alike, a disc is the nearest to its last place."""
    centres = found.centres.reshape(*shape, *found.centres.shape[1:]).copy()
    bodies = centres.shape[2]
    alike = np.flatnonzero((found.hue.reshape(*shape, bodies) == found.hue[:, :1].reshape(*shape, 1)).all((1, 2)))
    if bodies == 1:
        return centres
    orders = np.array(list(permutations(range(bodies))))
    for t in range(1, shape[1]):
        now = centres[alike, t][:, orders]  # (N, orders, bodies, 2)
        far = ((now - centres[alike, t - 1][:, None]) ** 2).sum((2, 3))
        best = np.where(np.isfinite(far), far, np.inf).argmin(1)
        centres[alike, t] = now[np.arange(len(alike)), best]
    return centres


def _kinds(frames: np.ndarray, colours: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of each pixel: the number of its colour, -1 for the background, or as many as there are colours where it is
    foreign, (F, S, S); and which part of it each colour covers, (F, hues, S, S)."""
    away = frames.astype(np.float32) / 255 - np.array(BACKGROUND, np.float32)[:, None, None]
    full = (colours - np.array(BACKGROUND)).astype(np.float32)
    square = (full**2).sum(1)
    along = np.einsum("fchw,kc->fkhw", away, full)
    cover = np.clip(along / square[:, None, None], 0, 1)
    whole = (away**2).sum(1)
    to_colour = whole[:, None] - 2 * along + square[:, None, None]
    nearest, distance = to_colour.argmin(1), to_colour.min(1)
    kind = np.where(distance < whole, nearest, -1)
    to_line = whole[:, None] - 2 * cover * along + cover**2 * square[:, None, None]
    foreign = to_line.min(1) > FOREIGN**2
    return np.where(foreign, len(colours), kind), cover


def _blobs(mask: np.ndarray, least: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The blobs of at least so many pixels in masks (F, S, S): the frame of each in ascending order, the labels of all
    pixels (F, S, S), and the label of each blob."""
    labels, number = ndimage.label(mask, structure=_WITHIN_A_FRAME)
    sizes = np.bincount(labels.ravel(), minlength=number + 1)[1:]
    kept = 1 + np.flatnonzero(sizes >= least)
    frame, where = np.zeros(number + 1, int), np.nonzero(labels)
    frame[labels[where]] = where[0]
    return frame[kept], labels, kept


def _slots(places: np.ndarray, taken: np.ndarray) -> np.ndarray:
    """The next free slot of each frame, for places in ascending order; `taken` counts on."""
    slots = taken[places] + np.arange(len(places)) - np.searchsorted(places, places)
    np.add.at(taken, places, 1)
    return slots


def _measure(masks: np.ndarray, cover: np.ndarray, frames: np.ndarray, colour: np.ndarray) -> tuple:
    """Of blobs (N, S, S) in frames (N, 3, S, S): centres (N, 2), areas, the areas of discs whose pixels are as far from
    the centre as those of the blob, and errors of the colour, (N,) each."""
    size = masks.shape[-1]
    near = ndimage.binary_dilation(masks, structure=_WITHIN_A_FRAME, iterations=2)
    weight = np.where(near, cover, 0).astype(float)
    at = (np.arange(size) + 0.5) / size
    total = weight.sum((1, 2))
    x, y = weight.sum(1) @ at / total, weight.sum(2) @ at / total
    square = ((at - x[:, None]) ** 2)[:, None, :] + ((at - y[:, None]) ** 2)[:, :, None]
    area, spread = total / size**2, 2 * np.pi * (weight * square).sum((1, 2)) / total
    core = square <= np.maximum(CORE**2 * area / np.pi, square.min((1, 2)))[:, None, None]
    off = ((frames / 255 - colour[:, None, None]) ** 2).mean(1)
    error = np.sqrt((off * core).sum((1, 2)) / core.sum((1, 2)))
    return np.stack([x, 1 - y], axis=1), area, spread, error


def _bounds(expected: Expected, size: int) -> np.ndarray:
    """The least and the greatest area and spread of a good disc: (2, 2). Soft edges make a small disc wider, therefore
    discs that are drawn are measured."""
    radii, white = np.array(expected.radii)[:, None], np.ones((2, 1, 3))
    frames = draw(np.full((2, 1, 2), 0.5), radii, white, size)
    _, cover = _kinds(frames, white[0])
    _, area, spread, _ = _measure(cover[:, 0] > 0.5, cover[:, 0], frames, white[0, 0])
    return np.stack([area, spread]) * [1 - AREA, 1 + AREA]


def _are_good(area: np.ndarray, spread: np.ndarray, error: np.ndarray, bounds: np.ndarray) -> np.ndarray:
    """(N,), whether discs have the size, the shape and the colour that they should have."""
    sizes = np.stack([area, spread])
    return (error <= COLOUR) & ((sizes >= bounds[:, :1]) & (sizes <= bounds[:, 1:])).all(0)
