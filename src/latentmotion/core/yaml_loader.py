"""Reads YAML such that duplicate keys and tags are errors, and a number is what every other tool takes for one.

PyYAML follows YAML 1.1, where 010 is 8, 1:30 is 90, 1_000 is 1000 and 1e-4 is a text. Here numbers are those of YAML
1.2, except that a number with a leading zero stays a text, so that a key which needs a number refuses it.
"""

import re
from pathlib import Path

import yaml

from latentmotion.core.errors import UserError

WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})$")
FRACTION = re.compile(
    r"[-+]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?$|[-+]?\.(inf|Inf|INF)$|\.(nan|NaN|NAN)$"
)
DEPTH = 64  # params.yaml has five levels
LARGEST = 1_000_000  # bytes; params.yaml has about 20,000
_NUMBERS = {"tag:yaml.org,2002:int", "tag:yaml.org,2002:float"}


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """PyYAML silently keeps the last of two equal keys; with this loader the second one is an error."""


def _mapping(loader, node, deep=False):
    seen = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        where = f"{node.start_mark.name}: line {key_node.start_mark.line + 1}"
        if not isinstance(key, str | int | float | None):
            raise UserError(f"{where}: a key must be a text or a number; correct it")
        if key in seen:
            raise UserError(f"{where}: key '{key}' stands twice; remove one")
        seen.add(key)
    return yaml.SafeLoader.construct_mapping(loader, node, deep)


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if tag not in _NUMBERS]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", WHOLE, list("-+0123456789"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:float", FRACTION, list("-+.0123456789"))


def read_yaml(path: Path) -> dict:
    """One YAML mapping; duplicate keys, tags and anything that is not a mapping are errors."""
    if not path.is_file():
        raise UserError(f"{path}: no such file; run the command in the project's folder")
    try:
        if path.stat().st_size > LARGEST:
            raise UserError(f"{path}: larger than {LARGEST} bytes; it holds something else, correct it")
        if _is_deep(path.read_text(encoding="utf-8")):
            raise UserError(f"{path}: not valid YAML: nested too deeply; correct it")
        with path.open(encoding="utf-8") as file:  # whose name is part of messages
            content = yaml.load(file, Loader=_Loader)
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); get the right to read it") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise UserError(f"{path}: not valid YAML: {reason}; correct it") from None
    if not isinstance(content, dict):
        raise UserError(f"{path}: expected keys and values; correct it")
    return content


def _is_deep(text: str) -> bool:
    """Whether brackets, or entries that begin on one line, are nested in more than DEPTH levels.

    libyaml's reader calls itself once for each level, and ends the process where there are too many.
    """
    depth = 0
    for bracket in re.findall(r"[\[{\]}]", text):
        depth = depth + 1 if bracket in "[{" else max(0, depth - 1)
        if depth > DEPTH:
            return True
    return re.search(rf"(?:[-?:]\s+){{{DEPTH}}}", text) is not None


def as_numbers(value):
    """A value in which each text that is a number has become that number.

    Snakemake reads `--configfile` by YAML 1.1, for which "1e-3" is a text, and makes texts of all numbers in a list
    that is given with `--config`, such as `seeds=[7]`.
    """
    if isinstance(value, dict):
        return {key: as_numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_numbers(item) for item in value]
    if isinstance(value, str) and WHOLE.match(value):
        return int(value)
    if isinstance(value, str) and FRACTION.match(value):
        return float(value)
    return value
