"""Ring with finite data: the density of ring.py with few training points, from which each training draws a subset.

The setting `points` of models/hamiltonian_flow.py is the size of this subset. On the other points of the training split
the model measures its log density during training. Validation and test points are those of ring.py.
"""

from latentmotion.data import points
from latentmotion.data.datasets.ring import DENSITY
from latentmotion.data.sequences import Sequences

OPTIONS = points.options(train=1024)


def prepare(raw, settings: dict) -> Sequences:
    """Points of the density; see points.py, also for the options."""
    return points.prepare("ring_finite", DENSITY, settings)
