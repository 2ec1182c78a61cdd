"""Facts about the package's source files, read without importing them, and digests of their meaning.

Planning a thousand jobs must not load torch. The workflow therefore reads from syntax trees which files the code of a
job consists of, which keys a model's `Config` has, and which caption a figure has. The digest of a file is computed
from its syntax tree without docstrings, comments and formatting, so that a better comment makes no job run again.

The facts are cached in `__pycache__` under a checksum of each file, because parsing two hundred files would take longer
than the rest of a plan.
"""

import ast
import hashlib
import json
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from latentmotion.core.errors import UserError

PACKAGE = Path(__file__).parents[1]
_FORMAT = 1  # of the cache; raise it when what is found in a file changes
_NOT_A_MEMBER = "base"  # a folder's base.py is the contract that its other files fulfil


@cache
def modules(folder: str) -> tuple[str, ...]:
    """The names that a folder of the package offers, such as the systems in models/: one for each of its files."""
    stems = (file.stem for file in (PACKAGE / folder).glob("*.py"))
    return tuple(sorted(stem for stem in stems if stem != _NOT_A_MEMBER and not stem.startswith("_")))


@cache
def sources(*names: str) -> tuple[str, ...]:
    """The package's files that the given modules (such as "models/halo") import, directly or not, and they themselves.

    This is what "the code of a job" means: in fingerprints, for Snakemake and DVC, and in records.
    """
    found: set[Path] = set()
    queue = [PACKAGE / f"{name}.py" for name in names]
    while queue:
        file = queue.pop()
        if file not in found:
            found.add(file)
            queue.extend(_files(tuple(_facts(file)["imports"])))
    return tuple(sorted(file.relative_to(PACKAGE).as_posix() for file in found))


def source_digests(*names: str) -> dict[str, str]:
    """File -> digest of its meaning, for every file in the code of the given modules."""
    return {file: _facts(PACKAGE / file)["digest"] for file in sources(*names)}


@cache
def code_digest(*names: str) -> str:
    """One digest of all the code that the given modules consist of."""
    return hashlib.sha256(json.dumps(source_digests(*names), sort_keys=True).encode()).hexdigest()


def constant(module: str, name: str, default: Any) -> Any:
    """The value of a constant that stands at the top level of a module as a literal string, number or boolean."""
    return _facts(PACKAGE / f"{module}.py")["constants"].get(name, default)


def config_keys(system: str) -> tuple[str, ...]:
    """The fields of `Config` in models/<system>.py: the keys that a model's `network` section may have."""
    return tuple(_facts(PACKAGE / "models" / f"{system}.py")["config_keys"])


@cache
def _facts(file: Path) -> dict[str, Any]:
    content = file.read_bytes()
    key = hashlib.sha256(content).hexdigest()
    if key not in _known():
        _learn()
    return _known()[key]


def facts(content: bytes) -> dict[str, Any]:
    """The facts of one source file: `digest`, `imports` of the package, top-level `constants`, `config_keys`."""
    tree = ast.parse(content)
    meaning = "".join(_canonical(tree))
    found: dict[str, Any] = {"digest": hashlib.sha256(meaning.encode()).hexdigest(), "constants": {}, "config_keys": []}
    found["imports"] = sorted(set(_imports(tree)))
    for node in tree.body:
        if isinstance(node, ast.Assign) and _is_literal(node.value):
            named = [target.id for target in node.targets if isinstance(target, ast.Name)]
            found["constants"].update(dict.fromkeys(named, ast.literal_eval(node.value)))
        if isinstance(node, ast.ClassDef) and node.name == "Config":
            found["config_keys"] = [item.target.id for item in node.body if isinstance(item, ast.AnnAssign)]
    return found


def _imports(tree: ast.Module) -> Iterator[str]:
    """Dotted names below `latentmotion` in the import statements of a file, wherever they stand in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names = [node.module, *(f"{node.module}.{name.name}" for name in node.names)]
        elif isinstance(node, ast.Import):
            names = [name.name for name in node.names]
        else:
            continue
        yield from (name for name in names if name.partition(".")[0] == PACKAGE.name)


@cache
def _files(names: tuple[str, ...]) -> tuple[Path, ...]:
    """The files behind dotted names; a package stands for its __init__.py, and a function for nothing."""
    paths = [PACKAGE.parent / Path(*name.split(".")) for name in names]
    return tuple(f for path in paths for f in (path.with_suffix(".py"), path / "__init__.py") if f.is_file())


def _canonical(node: Any) -> Iterator[str]:
    """The syntax tree as text, the same in every version of Python, without docstrings and positions."""
    if isinstance(node, ast.AST):
        yield type(node).__name__
        for name, value in ast.iter_fields(node):
            if value is not None and value != [] and name not in ("kind", "type_comment"):
                yield f"({name}="
                yield from _canonical(value)
                yield ")"
    elif isinstance(node, list):
        for item in node:
            if not _is_text(item):
                yield from _canonical(item)
                yield ";"
    else:
        yield f"{type(node).__name__}:{node!r}"


def _is_text(node: Any) -> bool:
    """Whether a statement is a string that stands alone: a docstring, which changes nothing."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _is_literal(node: ast.expr) -> bool:
    """Whether an expression is a string, number or boolean, or a tuple of such."""
    if isinstance(node, ast.Tuple):
        return all(map(_is_literal, node.elts))
    return isinstance(node, ast.Constant) and isinstance(node.value, str | int | float | bool)


def _cache_file() -> Path:
    return PACKAGE / "__pycache__" / f"source-facts-{_FORMAT}-{sys.implementation.cache_tag}.json"


@cache
def _known() -> dict[str, dict[str, Any]]:
    """sha256 of a file -> its facts. A cache that cannot be read is made again."""
    try:
        return dict(json.loads(_cache_file().read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return {}


def _learn() -> None:
    """Parses the files that are not in the cache and writes it; where that is not allowed, this process keeps it."""
    known, found = _known(), {}
    for file in PACKAGE.rglob("*.py"):
        content = file.read_bytes()
        key = hashlib.sha256(content).hexdigest()
        try:
            found[key] = known[key] if key in known else facts(content)
        except SyntaxError as error:
            raise UserError(f"{file}: line {error.lineno}: not valid Python ({error.msg}); correct it") from None
    known.update(found)
    try:
        _cache_file().parent.mkdir(exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=_cache_file().parent, delete=False, encoding="utf-8") as file:
            json.dump(found, file)
        Path(file.name).replace(_cache_file())
    except OSError:
        return
