"""Models and data sets in packages outside this one, which declare them as entry points.

    [project.entry-points."latentmotion.models"]
    mymodel = "mypackage.mymodel"

The name is that of the system or data set in params.yaml, and the value is the module that would otherwise be a file in
models/ or data/datasets/. Its file is found without importing it.
"""

import importlib
import importlib.util
import re
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType

from latentmotion.core.errors import UserError

GROUPS = {"models": "latentmotion.models", "data/datasets": "latentmotion.datasets"}
NAME = re.compile(r"[a-z0-9][a-z0-9_]{0,63}")


@cache
def plugins(folder: str) -> dict[str, EntryPoint]:
    """Name -> entry point of every module that an installed package adds to a folder of this one.

    Raises UserError for a name that is not allowed, or that two packages declare.
    """
    found: dict[str, EntryPoint] = {}
    for entry in entry_points(group=GROUPS[folder]) if folder in GROUPS else ():
        where = f"entry point '{entry.name}' in group {GROUPS[folder]}, declared as {entry.value}"
        if not NAME.fullmatch(entry.name):
            raise UserError(f"{where}: a name is lower-case letters, digits and '_', 64 at most; rename it")
        if entry.name in found and found[entry.name].value != entry.value:
            raise UserError(f"{where}: {found[entry.name].value} has the same name; uninstall one of the two packages")
        found[entry.name] = entry
    return found


def plugin_file(folder: str, name: str) -> Path:
    """The source file of a declared module. Raises UserError where there is none."""
    entry = plugins(folder)[name]
    top, *below = entry.module.split(".")
    spec = importlib.util.find_spec(top)
    for place in (spec.submodule_search_locations or [] if below else [spec.origin or ""]) if spec else []:
        path = Path(place, *below)
        for file in (path.with_suffix(".py"), path / "__init__.py"):
            if file.is_file():
                return file.resolve()
    raise UserError(f"entry point '{name}' in group {GROUPS[folder]}: {entry.module} has no source file; reinstall it")


@cache
def roots() -> dict[str, Path]:
    """Name -> folder or file of every top-level package that adds a module; their other files count as its code."""
    found = {}
    for folder in GROUPS:
        for name, entry in plugins(folder).items():
            file = plugin_file(folder, name)
            below = len(entry.module.split(".")) - (file.name != "__init__.py")
            found[entry.module.split(".")[0]] = file.parents[below - 1] if below else file
    return found


def import_module(folder: str, name: str) -> ModuleType:
    """Imports a module of a folder, such as ("models", "halo"), from this package or from one that adds it."""
    entry = plugins(folder).get(name)
    return importlib.import_module(entry.module if entry else f"latentmotion.{folder.replace('/', '.')}.{name}")
