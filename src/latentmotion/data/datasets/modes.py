"""Modes: many points of a mixture of Gaussians, to test the expressivity of flows.

The paper, Equivariant Hamiltonian flows, shows its multimodal target only as a picture. Here it has four modes with
standard deviation 0.35 on a circle of radius 1.5. The base distribution of the model in params.yaml, a soft uniform
distribution of width 3, covers them.
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
    """Points of the density; see points.py, also for the options."""
    return points.prepare("modes", DENSITY, settings)
