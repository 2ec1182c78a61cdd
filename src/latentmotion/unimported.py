"""What one of the package's files says at its top level, read without importing it: planning loads nothing heavy."""

import ast
from functools import cache
from typing import Any

from latentmotion.closure import PACKAGE


@cache
def statements(module: str) -> list[ast.stmt]:
    """Of a module, given as its path without the ending, such as models/halo."""
    return ast.parse((PACKAGE / f"{module}.py").read_text()).body


def constant(module: str, name: str, default: Any) -> Any:
    """The value of a constant that is written as a literal."""
    for node in statements(module):
        if isinstance(node, ast.Assign) and any(getattr(target, "id", None) == name for target in node.targets):
            return ast.literal_eval(node.value)
    return default
