"""Which systems of Toy Physics there are: the files in data/ that have a SYSTEM."""

import importlib

from latentmotion.core.errors import UserError, nearest
from latentmotion.core.source_code import modules
from latentmotion.data.physics.system import System


def names() -> list[str]:
    """Of every system, in alphabetical order."""
    return [name for name in sorted(modules("data/datasets")) if hasattr(_module(name), "SYSTEM")]


def find(name: str) -> System:
    """A system by name. Raises UserError that names the nearest for one that there is not."""
    if name not in names():
        raise UserError(f"system '{name}': no file in data/ has it; {nearest(name, names())}")
    return _module(name).SYSTEM


def _module(name: str):
    return importlib.import_module(f"latentmotion.data.datasets.{name}")
