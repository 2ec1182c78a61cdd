"""Ring: many points of a density with SO(2) symmetry, which the paper calls "infinite data".

The paper, Equivariant Hamiltonian flows, shows its target only as a picture. Here it is one ring of radius 2 and
standard deviation 0.3, which the base distribution of the model, a standard normal distribution, covers.
"""

from latentmotion.data import points
from latentmotion.data.densities import Rings
from latentmotion.data.sequences import Sequences

OPTIONS = points.options(train=50000)
DENSITY = Rings(radii=(2.0,), deviation=0.3)


def prepare(raw, settings: dict) -> Sequences:
    """Points of the density; see points.py, also for the options."""
    return points.prepare("ring", DENSITY, settings)
