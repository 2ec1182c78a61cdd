"""The drawn sprites: a small person in layers, like the sheets of the real set, so that both are composed in one way.

There are six bodies (skin colours), and six bottomwears, topwears and hairs, each with its own colour and shape. One
layer on top has shoes, the light of a spell and the blade of a slash. Everything is drawn by this project; nothing is
taken from the real sheets.
"""

import numpy as np

from latentmotion.data.synthetic import poses
from latentmotion.data.synthetic.figure import SIZE, Figure
from latentmotion.data.synthetic.shapes import capsule, ellipse, trapezoid

SKINS = ((255, 220, 180), (222, 160, 105), (160, 100, 62), (105, 66, 48), (130, 195, 100), (140, 170, 225))
BOTTOMS = (
    ("trousers", (60, 95, 210)),
    ("shorts", (225, 60, 60)),
    ("skirt", (60, 185, 90)),
    ("gown", (240, 235, 220)),
    ("breeches", (165, 110, 50)),
    ("striped", (235, 200, 60)),
)
TOPS = (
    ("shirt", (245, 245, 245)),
    ("jumper", (30, 170, 175)),
    ("vest", (245, 140, 30)),
    ("striped", (210, 55, 70)),
    ("armour", (150, 158, 172)),
    ("coat", (125, 65, 175)),
)
HAIRS = (
    ("short", (125, 75, 35)),
    ("long", (245, 215, 95)),
    ("mohawk", (235, 60, 45)),
    ("ponytail", (160, 80, 220)),
    ("afro", (80, 72, 100)),
    ("bob", (200, 230, 240)),
)


def _body(front: bool, skin) -> np.ndarray:
    """Skin and face."""
    layer = Figure(front)
    for side in ("far", "near"):
        layer.paint(layer.leg(side, 2.9), skin, layer.shade(side))
    layer.paint(layer.arm("far", 2.4), skin, layer.shade("far"))
    layer.paint(layer.chest(-0.5), skin)
    layer.paint(layer.head(), skin)
    x, y = layer.joints["head"]
    if front:
        for sign in (-1, 1):
            layer.paint(ellipse(layer.at, x + 4.2 * sign, y + 2, 2.3, 2.8), (255, 255, 255), rim=0)
            layer.paint(ellipse(layer.at, x + 4.0 * sign, y + 2.3, 1.3, 1.9), (25, 25, 60), rim=0)
        layer.paint(capsule(layer.at, (x - 2.2, y + 7.5), (x + 2.2, y + 7.5), 0.6), (150, 40, 50), rim=0)
    else:
        layer.paint(ellipse(layer.at, x - 10.4, y + 3.5, 2.3, 1.9), skin)
        layer.paint(ellipse(layer.at, x - 6, y + 2, 2.1, 2.8), (255, 255, 255), rim=0)
        layer.paint(ellipse(layer.at, x - 6.9, y + 2.3, 1.2, 1.9), (25, 25, 60), rim=0)
        layer.paint(capsule(layer.at, (x - 8, y + 7.5), (x - 5, y + 7.5), 0.6), (150, 40, 50), rim=0)
    layer.paint(layer.arm("near", 2.4), skin)
    return layer.picture


def _bottomwear(front: bool, style) -> np.ndarray:
    """Bottomwear over the legs, but not over a hand in front of them."""
    layer = Figure(front)
    name, colour = style
    x, y = layer.joints["hip"]
    length = {"shorts": 0.45, "breeches": 0.72}.get(name, 0.95)
    if name in ("skirt", "gown"):
        bottom, flare = (51.5, 4.5) if name == "skirt" else (57.5, 4.0)
        width = 7.2 if front else 5.6
        sway = np.maximum(np.abs(layer.joints["near foot"][0] - layer.joints["far foot"][0]) / 2 - width, 0)
        layer.paint(trapezoid(layer.at, x, y - 2.5, y + bottom - 44, width, width + flare + 0.5 * sway), colour)
    else:
        radius = {"breeches": 4.2, "shorts": 4.1}.get(name, 3.6)
        for side in ("far", "near"):
            layer.paint(layer.leg(side, radius, length), colour, layer.shade(side))
            if name == "striped":
                for at in (47, 50.5, 54, 57.5):
                    band = np.maximum(layer.leg(side, radius, length), np.abs(layer.at.y - at) - 0.9)
                    layer.paint(band, (60, 60, 130), layer.shade(side), rim=0)
        width = 7.2 if front else 5.2
        layer.paint(trapezoid(layer.at, x, y - 2.5, y + 1.5, width, width), colour, rim=0)
    layer.erase(layer.arm("near", 2.4))
    if front:
        layer.erase(layer.arm("far", 2.4))
    return layer.picture


def _topwear(front: bool, style) -> np.ndarray:
    """Topwear over trunk and arms. Bare forearms are in front of the trunk, and the head in front of raised sleeves."""
    layer = Figure(front)
    name, colour = style
    sleeve = {"shirt": 0.45, "vest": 0.0, "armour": 0.35}.get(name, 0.88)
    radius = {"coat": 3.6, "armour": 4.2}.get(name, 3.0)

    def dress(side):
        if sleeve:
            layer.paint(layer.arm(side, radius, sleeve), colour, layer.shade(side))

    dress("far")
    bottom, flare = (47.5, 2.0) if name == "coat" else (44.0, 0.0)
    chest = layer.chest(0.6, flare, bottom)
    layer.paint(chest, colour)
    x, y = layer.joints["chest"]
    if name == "striped":
        for row in (0, 4, 8):
            layer.paint(np.maximum(chest, np.abs(layer.at.y - (y + row)[:, None, None]) - 1), (255, 240, 230), rim=0)
    if name == "coat":
        middle = x if front else x - 4.2
        layer.paint(trapezoid(layer.at, middle, y - 3, y + 13.5, 1.3, 1.3), (250, 220, 120), rim=0)
    if name == "armour":
        layer.paint(ellipse(layer.at, x if front else x - 2, y + 3, 3.4, 4), (235, 240, 250), rim=0)
    layer.erase(layer.arm("near", 2.4))
    if front:
        layer.erase(layer.arm("far", 2.4))
        dress("far")
    layer.erase(np.maximum(layer.head(), layer.at.y - (layer.joints["head"][1] + 10)[:, None, None]))
    dress("near")
    return layer.picture


def _hair(front: bool, style) -> np.ndarray:
    """Hair around the face, which is cut out."""
    layer = Figure(front)
    name, colour = style
    x, y = layer.joints["head"]
    face = layer.head(0, 5, 8.6, 9.5) if front else layer.head(-5.5, 4.5, 9.0, 10.5)
    cap = np.maximum(layer.head(0.0 if front else 0.8, -0.6, 11.8, 12.0), -face)
    below = layer.at.y - (y + 3)[:, None, None]
    if name == "short":
        hair = np.maximum(cap, below)
    elif name == "mohawk":
        hair = ellipse(layer.at, x + (0 if front else 1), y - 9, 3.2 if front else 9.5, 7.5)
    elif name == "afro":
        hair = np.maximum(layer.head(0 if front else 2.5, -3, 15.5, 13.8), -face)
    elif name == "long":
        fall = trapezoid(layer.at, x + (0 if front else 7), y, y + 21, 11.8 if front else 5, 12.5 if front else 5.5)
        hair = np.minimum(cap, np.maximum(fall, -layer.head(0, 9, 8.6, 40)) if front else fall)
    elif name == "ponytail":
        start, end = ((x + 5, y - 10), (x + 15, y - 3)) if front else ((x + 10, y - 4), (x + 17, y + 12))
        hair = np.minimum(np.maximum(cap, below), capsule(layer.at, start, end, 3.4))
    else:
        fringe = np.maximum(layer.head(0, -0.6, 11.5, 11.8), layer.at.y - (y - 3.5)[:, None, None])
        sides = np.maximum(layer.head(0 if front else 1.5, 2, 13, 12), -face)
        hair = np.minimum(np.minimum(fringe, cap), np.maximum(sides, layer.at.y - (y + 10)[:, None, None]))
    layer.paint(hair, colour)
    return layer.picture


def _extras(front: bool) -> np.ndarray:
    """What all characters have: shoes, the light of a spell, and the blade of a slash."""
    layer = Figure(front)
    for side in ("far", "near"):
        x, y = layer.joints[f"{side} foot"]
        toe = 0 if front else -2.2
        layer.paint(ellipse(layer.at, x + toe, y + 1.2, 3.6 if front else 4.6, 2.6), (150, 85, 50), layer.shade(side))
    glow, blade = poses.glow(), poses.blade()
    for side in ("far", "near"):
        for radius, opacity, colour in ((6.5, 0.35, (90, 170, 255)), (4.2, 0.8, (150, 220, 255)), (2.3, 1, (255,) * 3)):
            halo = ellipse(layer.at, *layer.joints[f"{side} hand"], radius, radius)
            layer.paint(halo, colour, opacity=opacity * glow, rim=0)
    hand, tip = layer.joints["near hand"], layer.joints["tip"]
    layer.paint(capsule(layer.at, hand, tip, 1.4), (235, 240, 255), opacity=blade, rim=0.4)
    guard = tuple(h + 0.15 * (t - h) for h, t in zip(hand, tip, strict=True))
    layer.paint(ellipse(layer.at, *guard, 2.2, 2.2), (230, 180, 50), opacity=blade)
    return layer.picture


def _views(draw, *style) -> np.ndarray:
    """(3 gestures * 3 views, 8, 4, 64, 64) uint8; the right view is the mirrored left view."""
    front, left = (draw(front, *style).reshape(3, poses.FRAMES, 4, SIZE, SIZE) for front in (True, False))
    views = np.stack([front, left, left[..., ::-1]], axis=1)
    return np.round(views).astype(np.uint8).reshape(9, poses.FRAMES, 4, SIZE, SIZE)


def layers() -> list[np.ndarray]:
    """Body, bottomwear, topwear, hair (6 values each) and the layer on top (1), in the order of composition.

    Returns arrays (values, 9 actions, 8 frames, 4, 64, 64) uint8, RGBA with premultiplied alpha.
    """
    parts = ((_body, SKINS), (_bottomwear, BOTTOMS), (_topwear, TOPS), (_hair, HAIRS))
    drawn = [np.stack([_views(draw, value) for value in values]) for draw, values in parts]
    return [*drawn, _views(_extras)[None]]
