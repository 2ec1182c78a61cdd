"""Paths in a square room: motion with constant velocity, and a random new velocity at each wall."""

import numpy as np


def bounces(key: list[int], count: int, frames: int, room: int, speed: int) -> np.ndarray:
    """Places (count, frames, 2), whole numbers from 0 to `room` in both coordinates.

    The first place is uniform and touches no wall; the first velocity is uniform over all velocities except 0. The last
    step before a wall is shortened so that it ends at the wall. There both components of the velocity are drawn again:
    the component away from the wall uniformly from 1 to `speed`, the one along it from -speed to speed.

    The random numbers of path i are keyed by (key, i) and used frame by frame, so that a larger `count` or `frames`
    does not change the earlier ones. `room` must be greater than 1.
    """
    chance = np.stack([np.random.default_rng([*key, i]).random((frames + 1, 2)) for i in range(count)])
    side = 2 * speed + 1
    start = (chance[:, 1, 0] * (side * side - 1)).astype(int)
    start += start >= side * side // 2  # the middle velocity is 0
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
