"""Ring: points of a density with SO(2) symmetry, in such numbers that none is learnt by heart ("infinite data").

The paper, Equivariant Hamiltonian flows, shows its target as a picture alone. Here it is one ring of radius 2 and
deviation 0.3, which its base, a normal density of deviation 1, covers.
"""

from latentmotion.data import points
from latentmotion.data.densities import Rings
from latentmotion.data.sequences import Sequences

OPTIONS = points.options(train=50000)
DENSITY = Rings(radii=(2.0,), deviation=0.3)


def prepare(raw, settings: dict) -> Sequences:
    """Points, as points.py says, with its options."""
    return points.prepare("ring", DENSITY, settings)
