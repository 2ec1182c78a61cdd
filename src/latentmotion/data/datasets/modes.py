"""Modes: points of a mixture of Gaussians, for the expressivity of flows, more than can be learnt by heart.

The paper, Equivariant Hamiltonian flows, shows its multimodal target as a picture alone. Here it is four modes of
deviation 0.35 on a circle of radius 1.5, which the base of the model in params.yaml, soft-uniform of width 3, covers.
"""

import math

from latentmotion.data import points
from latentmotion.data.densities import Modes
from latentmotion.data.sequences import Sequences

OPTIONS = points.options(train=50000)
COUNT, RADIUS = 4, 1.5
ANGLES = [2 * math.pi * i / COUNT for i in range(COUNT)]
DENSITY = Modes(tuple((RADIUS * math.cos(angle), RADIUS * math.sin(angle)) for angle in ANGLES), deviation=0.35)


def prepare(raw, settings: dict) -> Sequences:
    """Points, as points.py says, with its options."""
    return points.prepare("modes", DENSITY, settings)
