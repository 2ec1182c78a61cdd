"""Which systems of Toy Physics there are: the files in data/ that have a SYSTEM."""

import importlib

from latentmotion.errors import UserError, nearest
from latentmotion.params import modules
from latentmotion.physics.system import System


def names() -> list[str]:
    """Of every system, in alphabetical order."""
    return [name for name in sorted(modules("data")) if hasattr(_module(name), "SYSTEM")]


def find(name: str) -> System:
    """A system by name. Raises UserError that names the nearest for one that there is not."""
    if name not in names():
        raise UserError(f"system '{name}': no file in data/ has it; {nearest(name, names())}")
    return _module(name).SYSTEM


def _module(name: str):
    return importlib.import_module(f"latentmotion.data.{name}")
