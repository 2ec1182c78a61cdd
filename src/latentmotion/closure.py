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
        if file in found:
            continue
        found.add(file)
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("latentmotion"):
                names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names if alias.name.startswith("latentmotion")]
            else:
                continue
            paths = [PACKAGE.parent / Path(*name.split(".")) for name in names]
            candidates = [file for path in paths for file in (path.with_suffix(".py"), path / "__init__.py")]
            queue.extend(candidate for candidate in candidates if candidate.is_file())
    return tuple(sorted(f"src/latentmotion/{file.relative_to(PACKAGE).as_posix()}" for file in found))


def constant(module: str, name: str) -> str:
    """A module's constant, such as a report's CAPTION, read without importing it; empty when it has none."""
    for node in ast.parse((PACKAGE / f"{module}.py").read_text()).body:
        if isinstance(node, ast.Assign) and any(getattr(target, "id", None) == name for target in node.targets):
            return ast.literal_eval(node.value)
    return ""
