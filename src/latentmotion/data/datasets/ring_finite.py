"""Ring, finite data: the density of ring.py with few training points, of which every training draws its own handful.

How many those are is the model's to say (`points` of models/hamiltonian_flow.py); the rest of the training split is
what it watches itself on. Validation and test points are those of ring.py.
"""

from latentmotion.data import points
from latentmotion.data.datasets.ring import DENSITY
from latentmotion.data.sequences import Sequences

OPTIONS = points.options(train=1024)


def prepare(raw, settings: dict) -> Sequences:
    """Points, as points.py says, with its options."""
    return points.prepare("ring_finite", DENSITY, settings)
