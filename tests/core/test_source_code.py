"""The code of a job is what Python would import: import statements found by pattern are those of the syntax tree."""

import ast
from pathlib import Path

import pytest

from latentmotion.core import source_code

FILES = sorted(source_code.PACKAGE.rglob("*.py"))


def parsed(file: Path) -> set[Path]:
    names = []
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module.startswith("latentmotion"):
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names += [alias.name for alias in node.names if alias.name.startswith("latentmotion")]
    paths = [source_code.PACKAGE.parent / Path(*name.split(".")) for name in names]
    return {file for path in paths for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(source_code.PACKAGE).as_posix())
def test_imports_are_those_of_the_syntax_tree(file):
    assert set(source_code._imported(file)) == parsed(file)


def test_imports_over_lines_within_functions_and_under_other_names_count(tmp_path):
    (tmp_path / "file.py").write_text(
        "import numpy\nfrom latentmotion.models.components import (  # two\n"
        "    gaussian,  # one\n    content as other,\n)\n"
        "def f():\n    from latentmotion import plan as p\n"
    )
    found = {file.relative_to(source_code.PACKAGE).as_posix() for file in source_code._imported(tmp_path / "file.py")}
    assert found == {"__init__.py", "plan.py", "nets/__init__.py", "nets/gaussian.py", "nets/content.py"}
