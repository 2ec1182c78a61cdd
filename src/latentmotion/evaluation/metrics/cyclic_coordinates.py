"""Cyclic coordinates: those that an energy H(q, p) does not depend on, so that their momenta are conserved."""

import numpy as np

FRACTION = 0.1


def cyclic_coordinates(forces: np.ndarray) -> int:
    """How many coordinates have a mean |dp_i/dt| below FRACTION of the largest one's.

    The mark is this project's: a learnt energy has no coordinate that counts for nothing at all, and Hamiltonian GAN,
    which rewards such ones, does not say how it would tell them. 0 where nothing exerts a force.

    Arguments:
        forces: dp/dt at any states, (N, D).

    Raises ValueError for another shape, none at all and numbers that are not finite.
    """
    forces = np.asarray(forces)
    if forces.ndim != 2 or not forces.size:
        raise ValueError(f"need (N, D), at least one; got {forces.shape}")
    if not np.isfinite(forces).all():
        raise ValueError(f"{np.count_nonzero(~np.isfinite(forces))} of {forces.size} numbers are not finite")
    mean = np.abs(forces).mean(0, dtype=np.float64)
    return int((mean < FRACTION * mean.max()).sum())
