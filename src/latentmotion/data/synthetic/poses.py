"""The motion of the drawn person: the joints of its body in every frame of every gesture, for sprites.py.

A pose is a dictionary of joints, name -> (x, y), with arrays of 24 = 3 gestures (walk, spell card, slash) x 8 frames,
in 1/64 of the side of the picture. Limbs have a `near` and a `far` side; in the front view, near is on the left of the
picture. The near hand holds the blade. In a slash the feet stand apart and stay where they are, as in the real sheets,
and the arm goes out and back.
"""

import numpy as np

FRAMES = 8
_PHASE = 2 * np.pi * np.arange(FRAMES) / FRAMES
_RAISE = np.array([0.0, 0.15, 0.4, 0.65, 0.9, 1.0, 0.9, 0.5])
_REACH = (1 - np.cos(_PHASE)) / 2  # how far the arm of a slash is out
_ARM, _THIGH, _SHIN = 6.5, 7.5, 7.5


def glow() -> np.ndarray:
    """(24,) the strength of the light in the hands, which grows with the raised arms of a spell card, and else is 0."""
    return np.concatenate([np.zeros(FRAMES), np.clip(_RAISE * 1.4 - 0.4, 0, 1), np.zeros(FRAMES)])


def blade() -> np.ndarray:
    """(24,) 1 where the near hand holds a blade: in every frame of a slash."""
    return np.repeat([0.0, 0.0, 1.0], FRAMES)


def _limb(joint, first, second, lengths, sign):
    """Elbow and hand, or knee and foot, of a limb whose halves have these angles, in degrees from straight down."""
    points = []
    for angle, length in zip((first, second), lengths, strict=True):
        radians = np.deg2rad(angle)
        joint = (joint[0] + sign * length * np.sin(radians), joint[1] + length * np.cos(radians))
        points.append(joint)
    return points


def _gestures(walk, spell, slash) -> np.ndarray:
    return np.concatenate([np.broadcast_to(np.asarray(part, float), (FRAMES,)) for part in (walk, spell, slash)])


def side() -> dict[str, tuple]:
    """The joints in the side view, facing left: angles increase forwards, to the left of the picture."""
    swing = np.sin(_PHASE)
    bob = _gestures(-0.8 * np.cos(2 * _PHASE), 0, 1)
    x, joints = 32 - _gestures(0, 0, 1), {}
    joints["head"] = (x - 0.5, 19.5 + bob)
    joints["chest"] = (x, 33 + bob)
    joints["hip"] = (x, 44 + bob)
    for name, turn in (("near", 1), ("far", -1)):
        thigh = _gestures(30 * turn * swing, 5 * turn, 26 * turn)
        bend = _gestures(38 * np.clip(turn * np.cos(_PHASE), 0, 1), 0, 6)
        joints[f"{name} hip"] = joints["hip"]
        joints[f"{name} knee"], joints[f"{name} foot"] = _limb(joints["hip"], thigh, thigh - bend, (_THIGH, _SHIN), -1)
    joints["near shoulder"], joints["far shoulder"] = (x + 0.5, 33 + bob), (x - 0.5, 33 + bob)
    near = _gestures(-32 * swing, 5 + 100 * _RAISE, 15 + 115 * _REACH)
    far = _gestures(32 * swing, -5 + 130 * _RAISE, -25)
    elbow = _gestures(14, 20, 8)
    joints["near elbow"], joints["near hand"] = _limb(joints["near shoulder"], near, near + elbow, (_ARM, _ARM), -1)
    joints["far elbow"], joints["far hand"] = _limb(joints["far shoulder"], far, far + elbow, (_ARM, _ARM), -1)
    joints["tip"] = _limb(joints["near hand"], near + elbow, near + elbow, (13, 0), -1)[0]
    return joints


def front() -> dict[str, tuple]:
    """The joints in the front view: angles increase outwards. A foot in front is lifted; an arm in front is shorter."""
    swing = np.sin(_PHASE)
    bob = _gestures(-0.8 * np.cos(2 * _PHASE), 0, 1)
    x, joints = 32 + _gestures(0.9 * swing, 0, 0), {}
    joints["head"] = (x, 19.5 + bob)
    joints["chest"] = (x, 33 + bob)
    joints["hip"] = (x, 44 + bob)
    for name, sign, arm in (("near", -1, 15 + 115 * _REACH), ("far", 1, 25)):
        lift = _gestures(6.5 * np.clip(-sign * swing, 0, 1), 0, 0)
        apart = _gestures(0.5, 1.5, 4.5)
        joints[f"{name} hip"] = hip = (x + 3.8 * sign, 44 + bob)
        joints[f"{name} knee"] = (hip[0] + sign * 0.6 * apart, 51.5 + bob * 0.5 - 0.6 * lift)
        joints[f"{name} foot"] = (hip[0] + sign * apart, 58.5 - lift)
        joints[f"{name} shoulder"] = shoulder = (x + 8.3 * sign, 33.3 + bob)
        angle = _gestures(14, 10 + 145 * _RAISE, arm)
        short = 1 - _gestures(0.4 * np.clip(sign * swing, 0, 1), 0, 0)
        elbow, hand = _limb(shoulder, angle, angle + _gestures(-8, 8, 0), (_ARM * short, _ARM * short), sign)
        joints[f"{name} elbow"], joints[f"{name} hand"] = elbow, hand
        if name == "near":
            joints["tip"] = _limb(hand, angle, angle, (12, 0), sign)[0]
    return joints
