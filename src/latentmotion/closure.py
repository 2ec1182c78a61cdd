"""Which source files a job depends on: what `import` statements reach from its modules."""

import ast
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parent


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
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("latentmotion"):
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names += [alias.name for alias in node.names if alias.name.startswith("latentmotion")]
    paths = [PACKAGE.parent / Path(*name.split(".")) for name in names]
    return tuple(f for path in paths for f in (path.with_suffix(".py"), path / "__init__.py") if f.is_file())
