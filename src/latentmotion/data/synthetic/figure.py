"""The figure of the drawn person: the shapes of its parts in every pose, and a layer into which they are painted."""

import numpy as np

from latentmotion.data.synthetic import poses
from latentmotion.data.synthetic.shapes import Window, capsule, ellipse, trapezoid

SIZE = 64
_RIM = 0.5  # brightness of the rim, which makes an arm visible in front of the chest
_FAR = 0.75  # brightness of the far limbs in a side view


class Figure:
    """One layer of one view, and the joints of the body.

    Attributes:
        picture: (24, 4, 64, 64), one RGBA picture for each pose, with premultiplied alpha, from 0 to 255.
        joints: see poses.py.
        front: whether the view is from the front; else from the side.
        at: the window in which distances are computed.
    """

    def __init__(self, front: bool):
        self.front = front
        self.joints = poses.front() if front else poses.side()
        self.at = Window(SIZE)
        self.picture = np.zeros((24, 4, SIZE, SIZE), np.float32)

    def paint(self, distance, colour, shade=1.0, opacity=1.0, rim=0.7):
        """Paints a shape in an opaque colour, with a darker rim of `rim` units."""
        rgb = np.asarray(colour, np.float32) * shade
        if rim:
            self.at.paint(self.picture, distance, (*(rgb * _RIM), 255), opacity)
        self.at.paint(self.picture, distance + rim, (*rgb, 255), opacity)

    def erase(self, distance):
        """Makes the layer transparent inside a shape, so that the layer below is visible, such as a hand."""
        self.at.paint(self.picture, distance, (0, 0, 0, 0))

    def limb(self, side, names, radius, upto=1.0):
        """An arm or a leg, from its root down to a share `upto` of its length."""
        root, middle, end = (self.joints[f"{side} {name}"] for name in names)
        whole = np.inf
        for a, b, share in ((root, middle, min(2 * upto, 1)), (middle, end, 2 * upto - 1)):
            if share > 0:
                cut = tuple(p + share * (q - p) for p, q in zip(a, b, strict=True))
                whole = np.minimum(whole, capsule(self.at, a, cut, radius))
        return whole

    def arm(self, side, radius, upto=1.0):
        """An arm, from the shoulder; `side` is near or far."""
        return self.limb(side, ("shoulder", "elbow", "hand"), radius, upto)

    def leg(self, side, radius, upto=1.0):
        """A leg, from the hip; `side` is near or far."""
        return self.limb(side, ("hip", "knee", "foot"), radius, upto)

    def shade(self, side):
        """The brightness of a limb."""
        return _FAR if side == "far" and not self.front else 1.0

    def chest(self, extra=0.0, lower=0.0, bottom=45.0):
        """The trunk down to the row `bottom`, wider by `extra` everywhere and by `lower` at its lower edge."""
        x, y = self.joints["chest"]
        width = 7.8 if self.front else 5.2
        return trapezoid(self.at, x, y - 3.2, y + bottom - 33, width + extra, width - 1 + extra + lower)

    def head(self, dx=0.0, dy=0.0, width=10.5, height=11.0):
        """An ellipse that moves with the head; by default the head itself."""
        x, y = self.joints["head"]
        return ellipse(self.at, x + dx, y + dy, width, height)
