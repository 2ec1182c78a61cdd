"""The numbers behind the drawn faces (faces.py): what each person looks like and what each expression does.

Lengths are in units of 1/64 of the picture, and colours are in 0 to 255. Eyes, brows and mouths are drawn larger and
expressions stronger than those of real people, so that an expression can be seen in a picture of 32 pixels.
"""

import numpy as np

SEED = 20220712
SKINS = ((255, 224, 196), (240, 196, 160), (215, 160, 115), (175, 120, 80), (125, 82, 58), (88, 58, 46))
HAIRS = ((40, 36, 44), (92, 58, 36), (150, 96, 48), (230, 195, 105), (196, 84, 36), (190, 190, 196))
STYLES = ("short", "long", "bald", "curly", "fringe", "bun")
EYES = ((70, 45, 30), (60, 110, 170), (70, 130, 80), (110, 110, 120))
SHIRTS = ((190, 50, 50), (50, 90, 180), (60, 140, 80), (220, 180, 60), (130, 70, 160), (230, 230, 230), (60, 60, 70))

# What an expression adds to a neutral face at full strength, after the action units that actors of such a set are asked
# for. Brows are `raised`, have their `inner` end lower, or are `arched`. Eyes open by the share `wide`, and the upper
# lid (`droop`) and the lower lid (`squint`) cover a share of the opening. The nose has a `wrinkle`. A mouth grows by
# the share `broad`, its corners go up (`smile`), `open` is half of its opening, the upper lip goes up (`lift`), `teeth`
# show, and lips are thinner (`press`).
EXPRESSIONS = {
    "anger": {"raised": -3.4, "inner": 5.5, "droop": 0.25, "squint": 0.4, "broad": -0.3, "smile": -2.6, "press": 0.7},
    "disgust": {
        "raised": -2.2,
        "inner": 1.2,
        "droop": 0.4,
        "squint": 0.6,
        "wrinkle": 1.0,
        "broad": 0.1,
        "smile": -4.5,
        "open": 2.0,
        "lift": 3.0,
        "teeth": 1.0,
    },
    "fear": {"raised": 4.0, "inner": -4.5, "wide": 0.6, "broad": 0.45, "smile": -2.5, "open": 4.2, "teeth": 0.5},
    "happiness": {"raised": 1.5, "arched": 1.5, "squint": 0.5, "broad": 0.5, "smile": 6.5, "open": 3.6, "teeth": 1.0},
    "sadness": {"raised": 1.0, "inner": -5.5, "droop": 0.55, "broad": -0.15, "smile": -6.0},
    "surprise": {"raised": 6.0, "arched": 2.5, "wide": 0.8, "broad": -0.3, "open": 7.2},
}
_ALL = sorted({part for parts in EXPRESSIONS.values() for part in parts})


def people(count: int) -> dict[str, np.ndarray]:
    """Returns the looks of people 0 to count - 1, each feature by name as (count, ...).

    Person i is the same however many there are. Style, colour of hair and skin run through their combinations, so that
    no two people share all three. The rest is drawn from the generator of (seed, 0, i).
    """
    looks = []
    for i in range(count):
        draw = np.random.default_rng([SEED, 0, i])
        style = i % len(STYLES)
        skin = (i // len(STYLES) + i) % len(SKINS)
        looks.append(
            {
                "style": style,
                "skin": SKINS[skin],
                "hair": HAIRS[(i // 2 + i // 12) % len(HAIRS)],
                "eye": EYES[draw.integers(len(EYES))],
                "shirt": SHIRTS[draw.integers(len(SHIRTS))],
                "width": draw.uniform(16.5, 20),
                "height": draw.uniform(22, 25),
                "jaw": draw.uniform(0.6, 0.95),
                "spacing": draw.uniform(8.0, 9.4),
                "eye_size": draw.uniform(4.8, 5.8),
                "brow": draw.uniform(1.1, 1.9),
                "nose": draw.uniform(2.2, 4.0),
                "mouth": draw.uniform(7.6, 9.4),
                "lip": draw.uniform(1.3, 2.0),
                "glasses": draw.random() < 0.2,
                "beard": draw.random() < 0.25,
            }
        )
    return {name: np.array([look[name] for look in looks]) for name in looks[0]}


def takes(
    person: np.ndarray, expression: np.ndarray, take: np.ndarray, frames: int, length: int
) -> dict[str, np.ndarray]:
    """Returns by name what differs between takes: place, size and light (N,), and the expression over time (N, L).

    Every face starts neutral. The expression sets in after a random while and rises to an apex of random strength,
    which it reaches within `frames` frames and holds to the last of them. In the frames that follow, up to `length`, it
    is held a little longer and then ends, so that after twice the frames the face is neutral again. Each take draws
    only from the generator of (seed, 1, person, expression, take).
    """
    parts = np.array([[e.get(part, 0.0) for part in _ALL] for e in EXPRESSIONS.values()])
    draws = [np.random.default_rng([SEED, 1, *map(int, ids)]) for ids in zip(person, expression, take, strict=True)]
    low = np.array([-1.0, -1.0, 0.98, 0.95, 0.0, 0.3, 0.8, 1.0, 0.5])
    high = np.array([1.0, 1.0, 1.02, 1.05, 0.25, 0.55, 1.0, 1.4, 0.7])
    numbers = np.array([draw.uniform(low, high) for draw in draws]).T
    dx, dy, scale, light, onset, rise, apex, release, fall = numbers
    time = np.arange(length)[None] / (frames - 1)
    up, down = _ramp(time, onset, rise), _ramp(time, release, fall)
    strength = apex[:, None] * (up - down)
    moved = {part: strength * parts[expression, i, None] for i, part in enumerate(_ALL)}
    return {"dx": dx, "dy": dy, "scale": scale, "light": light} | moved


def _ramp(time: np.ndarray, start: np.ndarray, duration: np.ndarray) -> np.ndarray:
    """Returns (N, L), which rises smoothly from 0 at `start` to 1 after `duration`."""
    progress = np.clip((time - start[:, None]) / duration[:, None], 0, 1)
    return progress * progress * (3 - 2 * progress)
