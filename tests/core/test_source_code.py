"""What is read from source files without importing them: imports, digests of meaning, constants, and the cache."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from latentmotion.core import source_code

CACHED = (
    source_code.modules,
    source_code.sources,
    source_code._closure,
    source_code.code_digest,
    source_code._facts,
    source_code._files,
    source_code._known,
)
PLAIN = b'''"""A module."""

RATE, NAMES = 16000, ("a", "b")


class Config:
    """Its keys."""

    width: int = 8


def double(x: float, /, *, twice: bool = False) -> float:
    """Twice a number."""
    # A comment.
    return -2 * x if twice else x + 1
'''
SAME = b"""'''Another docstring.'''
RATE, NAMES = (16000,
               ('a', 'b',))
class Config:
    width: int = 8
def double(x: float, /, *, twice: bool = False) -> float:
    'This says it in other words,'
    'and in two statements.'
    return (-2) * x if twice else (x + 1)  # The same value.
"""


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of two files in place of this one, and nothing remembered of either package."""
    folder = tmp_path / "latentmotion"
    (folder / "models").mkdir(parents=True)
    (folder / "models/one.py").write_bytes(b"from latentmotion.models import two\n" + PLAIN)
    (folder / "models/two.py").write_bytes(PLAIN)
    monkeypatch.setattr(source_code, "PACKAGE", folder)
    forget()
    yield folder
    monkeypatch.undo()
    forget()


def forget() -> None:
    for function in CACHED:
        function.cache_clear()


def parsed(file: Path) -> set[Path]:
    """The files that the import statements of a file name, found with the syntax tree."""
    names = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module.startswith("latentmotion"):
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names += [alias.name for alias in node.names if alias.name.startswith("latentmotion")]
    paths = [source_code.PACKAGE.parent / Path(*name.split(".")) for name in names]
    return {file for path in paths for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()}


def imported(file: Path) -> set[Path]:
    return set(source_code._files(tuple(source_code.facts(file.read_bytes())["imports"])))


def test_imports_are_those_of_the_syntax_tree():
    files = sorted(source_code.PACKAGE.rglob("*.py"))
    assert len(files) > 150
    assert {file for file in files if imported(file) != parsed(file)} == set()


def test_imports_over_lines_within_functions_and_under_other_names_count(tmp_path):
    (tmp_path / "file.py").write_text(
        "import numpy\nfrom latentmotion.models.components import (  # two\n"
        "    gaussian,  # one\n    content as other,\n)\n"
        "def f():\n    from latentmotion.core import files as p\n    import latentmotion.data.prepare as q\n",
        encoding="utf-8",
    )
    found = {file.relative_to(source_code.PACKAGE).as_posix() for file in imported(tmp_path / "file.py")}
    components = {f"models/components/{name}.py" for name in ("__init__", "gaussian", "content")}
    assert found == components | {"core/__init__.py", "core/files.py", "data/prepare.py"}


@pytest.mark.parametrize("module", ["models/halo", "training/train", "reporting/tables/table2"])
def test_sources_are_all_that_python_loads(module):
    """Python itself is the measure: it may load less than the sources, where a function imports, but never more."""
    name = f"latentmotion.{module.replace('/', '.')}"
    program = (
        f"import sys, {name}\nprint(*(m.__file__ for n, m in sys.modules.items() if n.startswith('latentmotion')))"
    )
    output = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    loaded = {Path(file).relative_to(source_code.PACKAGE).as_posix() for file in output.split()}
    empty = {file for file in loaded if file.endswith("__init__.py")}  # Python runs those of the folders above as well
    assert f"{module}.py" in loaded and loaded - empty <= set(source_code.sources(module))


def test_sources_follow_imports_of_imports(package):
    (package / "models/three.py").write_text("from latentmotion.models.one import double\n", encoding="utf-8")
    assert source_code.sources("models/two") == ("models/two.py",)
    assert source_code.sources("models/three") == ("models/one.py", "models/three.py", "models/two.py")


def test_docstrings_comments_and_formatting_leave_the_digest_as_it_is():
    assert source_code.facts(SAME)["digest"] == source_code.facts(PLAIN)["digest"]


CHANGES = {
    "constant": ("16000", "8000"),
    "type of a constant": ("16000", "16000.0"),
    "string": ('"a"', '"c"'),
    "default": ("twice: bool = False", "twice: bool = True"),
    "annotation": ("width: int", "width: float"),
    "name": ("width", "height"),
    "operator": ("x + 1", "x - 1"),
    "sign": ("-2 * x", "2 * x"),
    "order": ("-2 * x if twice else x + 1", "x + 1 if twice else -2 * x"),
    "kind of parameter": ("/, *, twice", "/, twice"),
    "decorator": ("def double", "@staticmethod\ndef double"),
    "statement": ("return", "print(x)\n    return"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_changes_the_program_changes_the_digest(change):
    old, new = CHANGES[change]
    assert old in PLAIN.decode()
    changed = PLAIN.decode().replace(old, new).encode()
    assert source_code.facts(changed)["digest"] != source_code.facts(PLAIN)["digest"]


def test_the_digest_of_a_module_follows_the_modules_that_it_imports(package):
    before = {name: source_code.code_digest(f"models/{name}") for name in ("one", "two")}
    (package / "models/one.py").write_bytes((package / "models/one.py").read_bytes().replace(b"x + 1", b"x + 2"))
    forget()
    assert source_code.code_digest("models/two") == before["two"]
    assert source_code.code_digest("models/one") != before["one"]
    (package / "models/one.py").write_bytes(b"from latentmotion.models import two\n" + SAME)
    forget()
    assert source_code.code_digest("models/one") == before["one"]
    (package / "models/two.py").write_bytes(PLAIN.replace(b"x + 1", b"x + 2"))
    forget()
    assert source_code.code_digest("models/one") != before["one"]


def test_constants_and_keys_are_read_without_an_import(package):
    (package / "models/two.py").write_bytes(PLAIN + b'\nTITLE = "Two"\nSTEPS = 3\nOPEN = True\nMADE = double(1)\n')
    assert source_code.constant("models/two", "TITLE", "") == "Two"
    assert (
        source_code.constant("models/two", "STEPS", 0) == 3 and source_code.constant("models/two", "OPEN", None) is True
    )
    assert (
        source_code.constant("models/two", "MADE", "none") == source_code.constant("models/two", "X", "none") == "none"
    )
    assert source_code.config_keys("two") == ("width",)
    assert "latentmotion.models.two" not in sys.modules


@pytest.mark.parametrize(
    "text",
    [
        "from latentmotion.models.two import Config as Base\nclass Config(Base):\n    height: int = 1\n",
        "from latentmotion.models import two\nclass Config(two.Config):\n    height: int = 1\n",
        "import latentmotion.models.two as other\nclass Config(other.Config):\n    height: int = 1\n",
    ],
)
def test_a_config_has_the_keys_that_it_inherits(package, text):
    (package / "models/three.py").write_text(text)
    forget()
    assert source_code.config_keys("three") == ("width", "height")


def test_modules_are_the_files_of_a_folder_without_its_contract(package):
    for name in ("base", "_private", "__init__"):
        (package / f"models/{name}.py").touch()
    assert source_code.modules("models") == ("one", "two")


def found(package) -> dict[str, str]:
    forget()
    return source_code.source_digests("models/one")


def test_a_cache_is_used_and_a_changed_file_is_read_again(package, monkeypatch):
    first = found(package)
    with monkeypatch.context() as patch:
        patch.setattr(source_code, "facts", lambda content: pytest.fail("a file was read twice"))
        assert found(package) == first
    (package / "models/two.py").write_bytes(PLAIN.replace(b"16000", b"8000"))
    again = found(package)
    assert again["models/one.py"] == first["models/one.py"] and again["models/two.py"] != first["models/two.py"]


@pytest.mark.parametrize(
    "damage", ["", "{", "[1]", "5", '{"another": {}}'], ids=["empty", "cut", "list", "number", "old"]
)
def test_a_damaged_cache_is_made_again(package, damage):
    first = found(package)
    cache = source_code._cache_file()
    whole = json.loads(cache.read_text(encoding="utf-8"))
    cache.write_text(damage, encoding="utf-8")
    assert found(package) == first
    assert json.loads(cache.read_text(encoding="utf-8")) == whole


def test_without_a_cache_that_can_be_written_files_are_read_by_each_process(package):
    (package / "__pycache__").write_text("a file where the folder should be", encoding="utf-8")
    assert sorted(found(package)) == ["models/one.py", "models/two.py"]
