"""Renders soft discs on a grey canvas, as Toy Physics does for its bodies.

A pixel at distance d from the centre of a disc of radius r gets the share 1 / (1 + exp(80 (d - r))) of its colour, with
lengths in sides of the canvas: at 32 pixels an edge is about two pixels wide. The first disc is on top. Departures from
the public generator: a pixel is sampled at its own centre (there the centres of the outermost pixels are on the edge of
the canvas), and y points upwards.
"""

import numpy as np

BACKGROUND = (0.321, 0.349, 0.368)
SHARPNESS = 80.0
_CHUNK = 64  # frames that are rendered together; so many fit into the cache of a core


def palette(hues: int) -> np.ndarray:
    """Fully saturated colours at equal steps of hue, starting with red: (hues, 3) in [0, 1]."""
    ramp = 6 * np.arange(hues)[:, None] / hues + np.array([0.0, 4.0, 2.0])
    return np.clip(np.abs(ramp % 6 - 3) - 1, 0.0, 1.0)


def draw(places: np.ndarray, radii: np.ndarray, colours: np.ndarray, size: int) -> np.ndarray:
    """Frames with discs: (F, 3, size, size) uint8.

    Arguments:
        places: (F, B, 2), centres in sides of the canvas: (0, 0) is its lower left corner, (1, 1) the upper right one.
        radii: (F, B), in sides of the canvas.
        colours: (F, B, 3) in [0, 1].
    """
    out = np.empty((len(places), 3, size, size), np.uint8)
    centres = ((np.arange(size) + 0.5) / size).astype(np.float32)
    colours, radii = 255 * colours.astype(np.float32), radii.astype(np.float32)
    x = places[..., 0].astype(np.float32)[..., None] - centres
    y = (1 - places[..., 1]).astype(np.float32)[..., None] - centres
    across, down = x * x, y * y
    for first in range(0, len(places), _CHUNK):
        part = slice(first, first + _CHUNK)
        picture = np.empty((len(places[part]), 3, size, size), np.float32)
        picture[:] = 255 * np.array(BACKGROUND, np.float32)[:, None, None]
        for body in reversed(range(places.shape[1])):
            cover = _cover(across[part, body], down[part, body], radii[part, body])
            for channel in range(3):
                plane = picture[:, channel]
                plane += cover * (colours[part, body, channel, None, None] - plane)
        out[part] = np.rint(picture, out=picture)
    return out


def _cover(across: np.ndarray, down: np.ndarray, radius: np.ndarray) -> np.ndarray:
    """The share of each pixel that a disc covers, (F, H, W), from squared distances along both axes."""
    cover = across[:, None, :] + down[:, :, None]
    np.sqrt(cover, out=cover)
    cover -= radius[:, None, None]
    cover *= SHARPNESS
    np.minimum(cover, 80.0, out=cover)  # float32 overflows above exp(88)
    np.exp(cover, out=cover)
    cover += 1
    return np.reciprocal(cover, out=cover)
