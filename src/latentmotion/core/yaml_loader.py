"""Reads YAML such that duplicate keys and tags are errors, and 1e-4 is a number."""

import re
from pathlib import Path

import yaml

from latentmotion.core.errors import UserError


class _UniqueKeys(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """PyYAML silently keeps the last of two equal keys; with this loader the second one is an error."""


def _mapping(loader, node, deep=False):
    keys = [loader.construct_object(key, deep=True) for key, _ in node.value]
    for key in keys:
        if keys.count(key) > 1:
            raise UserError(
                f"{node.start_mark.name}: line {node.start_mark.line + 1}: key '{key}' stands twice; remove one"
            )
    return yaml.SafeLoader.construct_mapping(loader, node, deep)


_UniqueKeys.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)
# YAML 1.1 reads 1e-4 as a string; every other tool reads it as a number.
_UniqueKeys.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+$"), list("-+0123456789")
)


def read_yaml(path: Path) -> dict:
    """One YAML mapping; duplicate keys, tags and anything that is not a mapping are errors."""
    if not path.is_file():
        raise UserError(f"{path}: no such file; run the command in the project's folder")
    try:
        with path.open(encoding="utf-8") as file:
            content = yaml.load(file, Loader=_UniqueKeys)
    except yaml.YAMLError as error:
        raise UserError(f"{path}: not valid YAML: {' '.join(str(error).split())}; correct it") from None
    if not isinstance(content, dict):
        raise UserError(f"{path}: expected keys and values; correct it")
    return content
