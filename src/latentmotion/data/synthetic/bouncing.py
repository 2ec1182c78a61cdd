"""Paths in a square room that are straight and even between walls, and leave each wall at a random velocity."""

import numpy as np


def bounces(key: list[int], count: int, frames: int, room: int, speed: int) -> np.ndarray:
    """Places (count, frames, 2), whole numbers from 0 to `room` in both coordinates.

    The first place is uniform and touches no wall, the first velocity uniform over what is not rest. At a wall the last
    step is as short as it must be; then both components are drawn anew, uniformly: away from the wall from 1 to
    `speed`, along it from -speed to speed.

    Path i has a generator of its own, of (key, i), which gives each frame its numbers in turn: neither `count` nor
    `frames` changes what comes before. `room` is greater than 1.
    """
    chance = np.stack([np.random.default_rng([*key, i]).random((frames + 1, 2)) for i in range(count)])
    side = 2 * speed + 1
    start = (chance[:, 1, 0] * (side * side - 1)).astype(int)
    start += start >= side * side // 2  # the middle one is rest
    velocity = np.stack(np.divmod(start, side), axis=1) - speed
    place = 1 + (chance[:, 0] * (room - 1)).astype(int)
    path = np.empty((count, frames, 2), int)
    path[:, 0] = place
    for frame in range(1, frames):
        place = np.clip(place + velocity, 0, room)
        wall = (place == 0) | (place == room)
        away = (1 + (chance[:, frame + 1] * speed).astype(int)) * np.where(place == 0, 1, -1)
        along = (chance[:, frame + 1] * side).astype(int) - speed
        velocity = np.where(wall.any(axis=1, keepdims=True), np.where(wall, away, along), velocity)
        path[:, frame] = place
    return path
