"""Cyclic coordinates: the coordinates on which an energy H(q, p) does not depend. Their momenta are conserved."""

import numpy as np

FRACTION = 0.1


def cyclic_coordinates(forces: np.ndarray) -> int:
    """The number of coordinates whose mean |dp_i/dt| is below FRACTION of the largest mean; 0 where all forces are 0.

    The threshold is this project's choice: a learnt energy depends at least a little on every coordinate, and
    Hamiltonian GAN, which rewards cyclic coordinates, does not define when a coordinate counts as one.

    Arguments:
        forces: dp/dt at any states, (N, D).

    Raises ValueError for other shapes, for empty arrays and for numbers that are not finite.
    """
    forces = np.asarray(forces)
    if forces.ndim != 2 or not forces.size:
        raise ValueError(f"need (N, D), at least one; got {forces.shape}")
    if not np.isfinite(forces).all():
        raise ValueError(f"{np.count_nonzero(~np.isfinite(forces))} of {forces.size} numbers are not finite")
    mean = np.abs(forces).mean(0, dtype=np.float64)
    return int((mean < FRACTION * mean.max()).sum())
