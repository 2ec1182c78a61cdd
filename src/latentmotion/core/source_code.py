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
from latentmotion.core.plugins import plugin_file, plugins, roots

PACKAGE = Path(__file__).parents[1]
_FORMAT = 3  # of the cache; raise it when what is found in a file changes
_NOT_A_MEMBER = "base"  # a folder's base.py is the contract that its other files fulfil


@cache
def modules(folder: str) -> tuple[str, ...]:
    """The names that a folder of the package offers, such as the systems in models/: one for each of its files.

    Modules that other packages add (core/plugins.py) are among them. Raises UserError for one whose name is taken.
    """
    stems = {file.stem for file in (PACKAGE / folder).glob("*.py")}
    own = {stem for stem in stems if stem != _NOT_A_MEMBER and not stem.startswith("_")}
    added = set(plugins(folder))
    if taken := sorted(added & own):
        module = plugins(folder)[taken[0]].module
        raise UserError(f"{module}: the name '{taken[0]}' is that of a file in {folder}/; rename the entry point")
    return tuple(sorted(own | added))


@cache
def sources(*names: str) -> tuple[str, ...]:
    """The package's files that the given modules (such as "models/halo") import, directly or not, and they themselves.

    This is what "the code of a job" means: in fingerprints, for Snakemake and DVC, and in records.
    """
    return tuple(sorted(_closure(names)))


def source_digests(*names: str) -> dict[str, str]:
    """File -> digest of its meaning, for every file in the code of the given modules."""
    return {name: _facts(file)["digest"] for name, file in sorted(_closure(names).items())}


@cache
def _closure(names: tuple[str, ...]) -> dict[str, Path]:
    """Name -> file of all code of the given modules. A name is the path below the package, or below an added one."""
    found: dict[Path, str] = {}
    queue = [_file(name) for name in names]
    while queue:
        file = queue.pop()
        if file in found:
            continue
        facts = _facts(file)
        queue.extend(_files(tuple(facts["imports"])))
        if file.is_relative_to(PACKAGE):
            found[file] = file.relative_to(PACKAGE).as_posix()
        else:
            root = next(root for root in roots().values() if file.is_relative_to(root))
            found[file] = file.relative_to(root.parent).as_posix()
            queue.extend(_added_files(tuple(facts["others"]), file, root))
    return {name: file for file, name in found.items()}


def _file(name: str) -> Path:
    """The source file of a module such as "models/halo", in this package or in one that adds it."""
    folder, _, stem = name.rpartition("/")
    own = PACKAGE / f"{name}.py"
    return plugin_file(folder, stem) if stem in plugins(folder) and not own.is_file() else own


@cache
def code_digest(*names: str) -> str:
    """One digest of all the code that the given modules consist of."""
    return hashlib.sha256(json.dumps(source_digests(*names), sort_keys=True).encode()).hexdigest()


def constant(module: str, name: str, default: Any) -> Any:
    """The value of a constant that stands at the top level of a module as a literal string, number or boolean."""
    return _facts(_file(module))["constants"].get(name, default)


def config_keys(system: str) -> tuple[str, ...]:
    """The fields of `Config` in models/<system>.py: the keys that a model's `network` section may have.

    A `Config` that inherits that of another system has its fields too.
    """
    facts = _facts(_file(f"models/{system}"))
    bases = [base.split(".")[-2] for base in facts["config_bases"] if base.count(".") and base.endswith(".Config")]
    inherited = [key for base in bases if base in modules("models") and base != system for key in config_keys(base)]
    return tuple(dict.fromkeys([*inherited, *facts["config_keys"]]))


@cache
def _facts(file: Path) -> dict[str, Any]:
    content = file.read_bytes()
    key = hashlib.sha256(content).hexdigest()
    if key not in _known():
        if not file.is_relative_to(PACKAGE):
            return _parsed(file, content)
        _learn()
    return _known()[key]


def facts(content: bytes) -> dict[str, Any]:
    """The facts of one source file: `digest`, `imports`, top-level `constants`, `config_keys`.

    `config_bases` are the dotted names of the classes that its `Config` inherits.
    `imports` are the modules of this package that it imports; `others` are all others, with dots before relative ones.
    """
    tree = ast.parse(content)
    meaning = "".join(_canonical(tree))
    found: dict[str, Any] = {"digest": hashlib.sha256(meaning.encode()).hexdigest(), "constants": {}}
    found |= {"config_keys": [], "config_bases": []}
    imported = set(_imports(tree))
    found["imports"] = sorted(name for name in imported if name.partition(".")[0] == PACKAGE.name)
    found["others"] = sorted(imported - set(found["imports"]))
    for node in tree.body:
        if isinstance(node, ast.Assign) and _is_literal(node.value):
            named = [target.id for target in node.targets if isinstance(target, ast.Name)]
            found["constants"].update(dict.fromkeys(named, ast.literal_eval(node.value)))
        if isinstance(node, ast.ClassDef) and node.name == "Config":
            found["config_keys"] = [item.target.id for item in node.body if isinstance(item, ast.AnnAssign)]
            found["config_bases"] = [_dotted(base, tree) for base in node.bases]
    return found


def _dotted(base: ast.expr, tree: ast.Module) -> str:
    """The dotted name of a class that is inherited: its first part is replaced by what was imported under that name."""
    first, _, rest = ast.unparse(base).partition(".")
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom | ast.Import):
            module = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
            for name in node.names:
                if first == (name.asname or name.name):
                    return f"{module}{name.name}{'.' * bool(rest)}{rest}"
    return ast.unparse(base)


def _imports(tree: ast.Module) -> Iterator[str]:
    """Dotted names in the import statements of a file, wherever they stand in it; relative ones begin with dots."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield module
            yield from (f"{module}{'.' * bool(node.module)}{name.name}" for name in node.names)
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)


@cache
def _files(names: tuple[str, ...]) -> tuple[Path, ...]:
    """The files behind dotted names; a package stands for its __init__.py, and a function for nothing."""
    paths = [PACKAGE.parent / Path(*name.split(".")) for name in names]
    return tuple(f for path in paths for f in (path.with_suffix(".py"), path / "__init__.py") if f.is_file())


@cache
def _added_files(names: tuple[str, ...], file: Path, root: Path) -> tuple[Path, ...]:
    """The files of a package that adds modules behind the names that one of its files imports."""
    paths = []
    for name in names:
        bare = name.lstrip(".")
        parts = bare.split(".") if bare else []
        if level := len(name) - len(bare):
            paths.append(Path(file.parents[level - 1], *parts))
        elif parts[0] == root.stem:
            paths.append(root.parent.joinpath(*parts))
    candidates = (found for path in paths for found in (path.with_suffix(".py"), path / "__init__.py"))
    return tuple(found for found in candidates if found.is_file() and found.is_relative_to(root))


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


def _parsed(file: Path, content: bytes) -> dict[str, Any]:
    try:
        return facts(content)
    except SyntaxError as error:
        raise UserError(f"{file}: line {error.lineno}: not valid Python ({error.msg}); correct it") from None


def _learn() -> None:
    """Parses the files that are not in the cache and writes it; where that is not allowed, this process keeps it."""
    known, found = _known(), {}
    for file in PACKAGE.rglob("*.py"):
        content = file.read_bytes()
        key = hashlib.sha256(content).hexdigest()
        found[key] = known[key] if key in known else _parsed(file, content)
    known.update(found)
    try:
        _cache_file().parent.mkdir(exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=_cache_file().parent, delete=False, encoding="utf-8") as file:
            json.dump(found, file)
        Path(file.name).replace(_cache_file())
    except OSError:
        return
