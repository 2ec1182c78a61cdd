"""The structure of the package: which folder may import which, where optional packages are used, and sizes of files."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from support.project import ROOT

PACKAGE = ROOT / "src/latentmotion"
FILES = sorted(PACKAGE.rglob("*.py"))

# Folder -> the folders that its files may import. Every row names rows below it only, so imports point downwards.
ALLOWED = {
    "__init__": {"library"},
    "cli": {"library", "reporting", "evaluation", "pipeline", "training", "data", "models", "config", "core"},
    "contracts": {"training", "data", "models", "config", "core"},
    "library": {"reporting", "training", "data", "models", "config", "core"},
    "reporting": {"evaluation", "pipeline", "training", "data", "models", "config", "core"},
    "evaluation": {"training", "data", "models", "config", "core"},
    "pipeline": {"training", "data", "models", "config", "core"},
    "training": {"data", "models", "config", "core"},
    "data": {"models", "config", "core"},
    "models": {"core"},
    "config": {"core"},
    "core": set(),
}
# Package of an optional dependency -> the folders that may import it. The rest works where it is not installed.
OPTIONAL = {
    "pytest": {"contracts"},
    "matplotlib": {"reporting"},
    "pandas": {"reporting"},
    "jinja2": {"reporting"},
    "tabulate": {"reporting"},
    "imageio": {"reporting"},
    "av": {"data"},
    "mlflow": {"pipeline"},
    "psutil": {"pipeline"},
    "snakemake": {"pipeline"},
    "snakemake_executor_plugin_slurm": set(),
    "dvc": set(),
    "workflow": set(),
}
LINES = 400


def folder(file: Path) -> str:
    """The first part of a file's path in the package, such as "models"; "cli" for the file cli.py."""
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(file: Path) -> Iterator[str]:
    """Dotted names in the import statements of a file, wherever they stand in it, such as "latentmotion.core.files"."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, (
                f"{file}: relative import in line {node.lineno}; write latentmotion.<folder>.<module>"
            )
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def own(file: Path) -> set[Path]:
    """The files of the package that a file imports."""
    found: set[Path] = set()
    for name in imports(file):
        parts = name.split(".")
        found |= {PACKAGE.parent.joinpath(*parts[:end]).with_suffix(".py") for end in range(2, len(parts) + 1)}
    return {module for module in found if module.is_file()}


def relative(file: Path) -> str:
    return file.relative_to(PACKAGE).as_posix()


def test_the_table_has_every_folder_and_points_downwards():
    assert {folder(file) for file in FILES} == set(ALLOWED)
    rows = list(ALLOWED)
    for row, below in ALLOWED.items():
        assert all(rows.index(other) > rows.index(row) for other in below), row


def test_imports_point_downwards():
    upwards = [
        f"{relative(file)} imports {relative(other)}"
        for file in FILES
        for other in own(file)
        if folder(other) != folder(file) and folder(other) not in ALLOWED[folder(file)]
    ]
    assert upwards == []


@pytest.mark.parametrize("reports", ["reporting/tables", "reporting/figures"])
def test_no_report_imports_another(reports):
    others = [
        f"{relative(file)} imports {relative(other)}"
        for file in (PACKAGE / reports).glob("*.py")
        for other in own(file)
        if other.parent == file.parent
    ]
    assert others == []


def test_no_modules_import_each_other_in_a_circle():
    try:
        TopologicalSorter({relative(file): {relative(other) for other in own(file)} for file in FILES}).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


def test_optional_packages_are_imported_where_they_belong():
    elsewhere = [
        f"{relative(file)} imports {name}"
        for file in FILES
        for name in imports(file)
        if name.partition(".")[0] in OPTIONAL and folder(file) not in OPTIONAL[name.partition(".")[0]]
    ]
    assert elsewhere == []


def test_every_text_file_is_opened_as_utf_8():
    """Without an encoding, the locale of the machine would decide."""
    without = []
    for file in FILES:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or "encoding" in {keyword.arg for keyword in node.keywords}:
                continue
            binary = any(isinstance(a, ast.Constant) and isinstance(a.value, str) and "b" in a.value for a in node.args)
            called = ast.unparse(node.func)
            if called.endswith((".read_text", ".write_text")) or (called == "open" and not binary):
                without.append(f"{relative(file)}, line {node.lineno}")
    assert without == []


def test_no_file_is_too_long():
    files = [file for part in ("src", "tests", "workflow") for file in (ROOT / part).rglob("*")]
    code = [file for file in files if file.suffix in (".py", ".smk")]
    lengths = {file.relative_to(ROOT).as_posix(): len(file.read_text(encoding="utf-8").splitlines()) for file in code}
    assert {file: length for file, length in lengths.items() if length > LINES} == {}
