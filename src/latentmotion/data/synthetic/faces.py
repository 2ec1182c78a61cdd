"""The drawn faces: people with a look of their own whose expressions grow from neutral to an apex and end again.

This project draws them from the numbers in people.py. What stands still in a take is painted once. Brows, eyes, nose
and mouth are painted in every frame, each in a window of its own.
"""

import numpy as np

from latentmotion.data.synthetic.people import STYLES, people, takes
from latentmotion.data.synthetic.shapes import Window, arc, capsule, column, ellipse, trapezoid

_BACKGROUND = (78, 92, 112)
_CHUNK = 48


def draw(
    person: np.ndarray, expression: np.ndarray, take: np.ndarray, frames: int, length: int, size: int
) -> np.ndarray:
    """Returns sequences (N, length, 3, size, size) uint8 of people, expressions and takes, each given as (N,) integers.

    An expression reaches its apex within the first `frames` frames. A sequence depends only on its own three numbers,
    and its frames do not depend on how many follow.
    """
    looks = people(int(person.max()) + 1)
    out = np.empty((len(person), length, 3, size, size), np.uint8)
    for start in range(0, len(person), _CHUNK):
        part = slice(start, start + _CHUNK)
        look = {name: values[person[part]] for name, values in looks.items()}
        moved = takes(person[part], expression[part], take[part], frames, length)
        look |= {name: moved.pop(name) for name in ("dx", "dy", "scale", "light")}
        still = _still(look, size)
        picture = np.repeat(still, length, axis=0)
        look = {name: np.repeat(values, length, axis=0) for name, values in look.items()}
        _expression(picture, look, {name: values.reshape(-1) for name, values in moved.items()}, size)
        picture *= column(look["light"])[:, None]
        out[part] = np.clip(np.round(picture), 0, 255).reshape(-1, length, 3, size, size)
    return out


def _frame(look: dict):
    """Returns the maps of a face's own x, y and lengths, with the origin in its middle, to those of the picture."""
    scale = look["scale"]
    return (lambda x: 32 + look["dx"] + scale * x), (lambda y: 33 + look["dy"] + scale * y), (lambda r: scale * r)


def _still(look: dict, size: int) -> np.ndarray:
    """Paints background, shirt, neck, ears, head, hair and beard, as (B, 3, size, size) float32."""
    x, y, s = _frame(look)
    at = Window(size)
    skin, hair, style = look["skin"].astype(float), look["hair"], look["style"]
    picture = np.empty((len(style), 3, size, size), np.float32)
    picture[:] = np.array(_BACKGROUND, np.float32)[:, None, None]
    width, height = look["width"], look["height"]

    def has(*names):
        return np.isin(style, [STYLES.index(name) for name in names]).astype(float)

    at.paint(picture, trapezoid(at, x(0), y(4), y(30), s(width + 2.5), s(width + 4)), hair, has("long"))
    at.paint(picture, ellipse(at, x(0), y(0), s(width + 2.5), s(height + 2)), hair, has("long"))
    at.paint(picture, ellipse(at, x(0), y(-7), s(width + 6.5), s(height - 2)), hair, has("curly"))
    at.paint(picture, ellipse(at, x(0), y(-height - 1), s(7.0), s(6.0)), hair, has("bun"))
    at.paint(picture, ellipse(at, x(0), y(37), s(26.0), s(14.0)), look["shirt"])
    at.paint(picture, trapezoid(at, x(0), y(15), y(27), s(8.0), s(8.0)), skin * 0.8)
    for sign in (-1, 1):
        at.paint(picture, ellipse(at, x(sign * width), y(0), s(3.0), s(4.6)), skin * 0.88)
    # The jaw narrows only the lower half, because above it the trapezoid is far wider than the head.
    jaw = trapezoid(at, x(0), y(-height - 5), y(height), s(width * (3 - look["jaw"]) * 0.75), s(width * look["jaw"]))
    head = np.maximum(ellipse(at, x(0), y(0), s(width), s(height)), jaw)
    at.paint(picture, head, skin)
    chin = at.y - column(y(6))
    beard = np.maximum(head, -np.minimum(ellipse(at, x(0), y(4), s(width - 3.5), s(9.0)), chin))
    at.paint(picture, np.maximum(beard, -chin), np.asarray(hair) * 0.85, look["beard"] * 0.9)
    skull = ellipse(at, x(0), y(-1), s(width + 1.3), s(height + 1.5))
    top = np.maximum(skull, -ellipse(at, x(0), y(6), s(width - 1.5), s(24.5)))
    at.paint(picture, top, hair, has("short", "curly", "bun", "long"))
    fringe = np.maximum(skull, at.y - column(y(-15.5)) - 0.15 * (at.x - column(x(0))))
    at.paint(picture, np.minimum(fringe, top), hair, has("fringe"))
    return picture


def _expression(picture: np.ndarray, look: dict, e: dict, size: int) -> None:
    """Paints what moves into every frame, in place. look and e have one entry for each frame."""
    x, y, s = _frame(look)
    skin, hair = look["skin"].astype(float), look["hair"].astype(float)
    _nose(picture, Window(size, 18, 24, 46, 48), look, e, x, y, s, skin)
    _mouth(picture, Window(size, 12, 36, 52, 62), look, e, x, y, s, skin)
    at = Window(size, 8, 8, 56, 42)
    dark = np.minimum(hair * 0.75, skin * 0.62)
    for sign in (-1, 1):
        _eye(picture, at, look, e, x(sign * look["spacing"]), y(-5.0), s, skin)
        brow = y(-12.8 - e["raised"])
        arched = s(-1.2 - e["arched"])
        stroke = arc(
            at, x(sign * (look["spacing"] - 0.2)), brow, s(5.8), arched, s(look["brow"]), -sign * s(e["inner"])
        )
        at.paint(picture, stroke, dark)
        furrow = np.clip(e["inner"] / 5, 0, 1)
        at.paint(
            picture, capsule(at, (x(sign * 1.5), y(-11.5)), (x(sign * 1.2), y(-7.5)), s(0.45)), skin * 0.65, furrow
        )
        ring = np.abs(ellipse(at, x(sign * look["spacing"]), y(-5.0), s(7.6), s(6.6))) - column(s(0.5))
        at.paint(picture, ring, (30, 30, 35), look["glasses"])
    at.paint(picture, capsule(at, (x(-2.0), y(-5.5)), (x(2.0), y(-5.5)), s(0.5)), (30, 30, 35), look["glasses"])


def _eye(picture, at, look, e, x, y, s, skin) -> None:
    wide = s(look["eye_size"])
    tall = s(3.5 * (1 + e["wide"]))
    white = ellipse(at, x, y, wide, tall)
    open_part = np.maximum(white, column(y - tall * (1 - 1.5 * e["droop"])) - at.y)
    open_part = np.maximum(open_part, at.y - column(y + tall * (1 - 1.5 * e["squint"])))
    at.paint(picture, white - column(s(0.9)), skin * 0.78)
    at.paint(picture, open_part, (250, 250, 250))
    at.paint(picture, np.maximum(ellipse(at, x, y, s(2.7), s(2.7)), open_part), look["eye"])
    at.paint(picture, np.maximum(ellipse(at, x, y, s(1.3), s(1.3)), open_part), (15, 15, 20))
    lid = arc(at, x, y - tall * 0.15 + 1.2 * tall * e["droop"], wide, -tall * (0.85 - 0.2 * e["droop"]), s(0.55))
    at.paint(picture, lid, skin * 0.35)


def _nose(picture, at, look, e, x, y, s, skin) -> None:
    shade, up = skin * 0.72, 1.6 * e["wrinkle"]
    at.paint(picture, capsule(at, (x(1.2), y(-3.0)), (x(0.4 * look["nose"]), y(3.5 - up)), s(0.5)), shade)
    at.paint(picture, arc(at, x(0), y(4.6 - up), s(look["nose"] + 0.6 * e["wrinkle"]), s(1.2), s(0.6)), skin * 0.62)
    for row in (-3.5, -1.2):
        wrinkle = arc(at, x(0), y(row), s(2.8), s(-1.0), s(0.4))
        at.paint(picture, wrinkle, skin * 0.65, e["wrinkle"])


def _mouth(picture, at, look, e, x, y, s, skin) -> None:
    """Paints lips around an opening between two curves that meet at the corners."""
    half = column(s(look["mouth"] * (1 + e["broad"])))
    u = (at.x - column(x(0))) / half
    bow = np.clip(1 - u * u, 0, 1)
    line = column(y(12.0 - 0.05 * e["open"])) + column(s(e["smile"])) * (bow - 0.55)
    up = line - column(s(0.8 * e["open"] + e["lift"])) * bow**0.7
    down = line + column(s(1.2 * e["open"])) * bow**0.7
    ends = np.abs(at.x - column(x(0))) - half
    gap = np.maximum(np.maximum(up - at.y, at.y - down), ends)
    thin = column(s(look["lip"] * (1 - e["press"]))) * (0.35 + 0.65 * bow)
    lips = np.maximum(np.maximum(up - 0.8 * thin - at.y, at.y - down - thin), ends)
    for sign in (-1, 1):
        fold = np.clip(np.maximum(e["smile"] / 6, 0.9 * e["wrinkle"]), 0, 1)
        outer = look["mouth"] * (1 + e["broad"]) + 1.6
        stroke = capsule(at, (x(sign * (look["nose"] + 1.5)), y(4.0)), (x(sign * outer), y(9.5)), s(0.5))
        at.paint(picture, stroke, skin * 0.7, fold)
    red = 0.55 * skin + 0.45 * np.array([170.0, 50.0, 60.0])
    at.paint(picture, lips, red)
    at.paint(picture, gap + 0.1, (70, 20, 28), np.clip(e["open"] * 2, 0, 1))
    bite = np.maximum(gap + 0.3, at.y - (up + 0.55 * (down - up)))
    at.paint(picture, bite, (245, 245, 240), np.clip(e["teeth"] * 1.5, 0, 1))
    seam = np.maximum(np.abs(at.y - line) - column(s(0.45)), ends)
    at.paint(picture, seam, skin * 0.35, 1 - np.clip(e["open"] * 2, 0, 1))
