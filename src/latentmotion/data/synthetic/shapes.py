"""Anti-aliased drawing of batches of pictures in numpy, by signed distances to simple shapes.

The canvas has 64 x 64 units, for any number of pixels, with x to the right and y downwards. A shape is represented by
the signed distance of every pixel, (B, H, W), which is negative inside. Centres, ends and radii are numbers or arrays
(B,). A union of shapes is `np.minimum`, an intersection `np.maximum`, and a complement the negative.
"""

import numpy as np

UNITS = 64.0


class Window:
    """A rectangle, given in units, of a picture of `size` x `size` pixels. Distances are computed only inside it.

    Attributes:
        rows, columns: slices of the picture.
        x, y: the coordinates (1, 1, W) and (1, H, 1) of the centres of the pixels.
        unit: the number of units of a pixel.
    """

    def __init__(self, size: int, left: float = 0.0, top: float = 0.0, right: float = UNITS, bottom: float = UNITS):
        self.unit = UNITS / size
        self.columns = slice(max(int(left / self.unit), 0), min(int(np.ceil(right / self.unit)), size))
        self.rows = slice(max(int(top / self.unit), 0), min(int(np.ceil(bottom / self.unit)), size))
        centres = ((np.arange(size) + 0.5) * self.unit).astype(np.float32)
        self.x, self.y = centres[None, None, self.columns], centres[None, self.rows, None]

    def paint(self, picture: np.ndarray, distance: np.ndarray, colour, opacity=1.0) -> None:
        """Blends a colour into `picture` (B, C, H, W), in place, where the distance is negative.

        Arguments:
            colour: (C,) or (B, C). With C = 4, pictures are RGBA with premultiplied alpha, and a colour of four zeros
                makes them transparent.
            opacity: a number or (B,).
        """
        cover = np.clip(0.5 - distance / self.unit, 0.0, 1.0) * column(opacity)
        part = picture[:, :, self.rows, self.columns]
        colour = np.atleast_2d(np.asarray(colour, np.float32))[:, :, None, None]
        part += cover[:, None] * (colour - part)


def column(value) -> np.ndarray:
    """A number or an array (B,) as float32 of shape (1 or B, 1, 1), for broadcasting with pixels."""
    return np.asarray(value, np.float32).reshape(-1, 1, 1)


def ellipse(at: Window, x, y, width, height) -> np.ndarray:
    """An ellipse with half axes `width` and `height`; distances are exact for circles, and else close near the edge."""
    x, y, width, height = column(x), column(y), column(width), column(height)
    u, v = (at.x - x) / width, (at.y - y) / height
    radius = np.sqrt(u * u + v * v) + 1e-6
    slope = np.sqrt((u / width) ** 2 + (v / height) ** 2) + 1e-6
    return radius * (radius - 1.0) / slope


def capsule(at: Window, start, end, radius) -> np.ndarray:
    """A line of half width `radius` with round ends; start and end are pairs (x, y)."""
    x0, y0, x1, y1 = (column(v) for v in (*start, *end))
    dx, dy = x1 - x0, y1 - y0
    px, py = at.x - x0, at.y - y0
    along = np.clip((px * dx + py * dy) / (dx * dx + dy * dy + 1e-6), 0.0, 1.0)
    return np.hypot(px - along * dx, py - along * dy) - column(radius)


def trapezoid(at: Window, x, top, bottom, upper, lower) -> np.ndarray:
    """A trapezoid, symmetric about the vertical line at x, with half widths `upper` and `lower` at top and bottom."""
    x, top, bottom, upper, lower = (column(v) for v in (x, top, bottom, upper, lower))
    share = np.clip((at.y - top) / (bottom - top), 0.0, 1.0)
    side = np.abs(at.x - x) - (upper + share * (lower - upper))
    return np.maximum(side, np.maximum(top - at.y, at.y - bottom))


def arc(at: Window, x, y, width, bend, radius, tilt=0.0) -> np.ndarray:
    """A stroke of half length `width` for brows, lids and lips.

    Its middle is `bend` units below its ends (above them, if negative). `tilt` lowers the right end and raises the left
    end by so many units.
    """
    x, y, width, bend, tilt = (column(v) for v in (x, y, width, bend, tilt))
    u = (at.x - x) / width
    line = y + bend * (1.0 - u * u) + tilt * u
    slope = (tilt - 2.0 * bend * u) / width
    across = np.abs(at.y - line) / np.sqrt(1.0 + slope * slope) - column(radius)
    return np.maximum(across, np.abs(at.x - x) - width)
