"""Finds the systems of Toy Physics: the files in data/datasets/ that have a constant SYSTEM."""

from latentmotion.core.errors import UserError, nearest
from latentmotion.core.plugins import import_module
from latentmotion.core.source_code import modules
from latentmotion.data.physics.system import System


def names() -> list[str]:
    """The names of all systems, in alphabetical order."""
    return [name for name in sorted(modules("data/datasets")) if hasattr(_module(name), "SYSTEM")]


def find(name: str) -> System:
    """The system of a name. Raises UserError for an unknown name."""
    if name not in names():
        raise UserError(f"system '{name}': no file in data/ has it; {nearest(name, names())}")
    return _module(name).SYSTEM


def _module(name: str):
    return import_module("data/datasets", name)
