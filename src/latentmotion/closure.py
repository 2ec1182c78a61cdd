"""Which source files a job depends on: what `import` statements reach from its modules."""

import re
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parent
# As ruff formats them. Parsing two hundred files for their import statements would take half a second of each plan.
IMPORT = re.compile(
    r"^[ \t]*(?:from (latentmotion[\w.]*) import (\([^)]*\)|.*)|import (latentmotion[\w.]*))", re.MULTILINE
)
NAME, COMMENT = re.compile(r"(\w+)(?: as \w+)?"), re.compile("#.*")


@cache
def sources(*modules: str) -> tuple[str, ...]:
    """The package's files that the given ones (such as "models/halo") import, directly or not, themselves included.

    Found by reading import statements, so nothing is loaded. This is what 'the code of a job' means: for Snakemake's
    inputs, for DVC's dependencies and for the code hash in a record.
    """
    found: set[Path] = set()
    queue = [PACKAGE / f"{module}.py" for module in modules]
    while queue:
        file = queue.pop()
        if file not in found:
            found.add(file)
            queue.extend(_imported(file))
    return tuple(sorted(f"src/latentmotion/{file.relative_to(PACKAGE).as_posix()}" for file in found))


@cache
def _imported(file: Path) -> tuple[Path, ...]:
    """The package's files that one file imports itself."""
    names = []
    for module, imported, alone in IMPORT.findall(file.read_text()):
        names += [alone or module, *(f"{module}.{name}" for name in NAME.findall(COMMENT.sub("", imported)))]
    paths = [PACKAGE.parent / Path(*name.split(".")) for name in names]
    return tuple(f for path in paths for f in (path.with_suffix(".py"), path / "__init__.py") if f.is_file())
