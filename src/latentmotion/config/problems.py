"""What pydantic finds wrong with a section of params.yaml, as one line: the key, what is wrong, what to do."""

from typing import Any

from pydantic import BaseModel, ValidationError

from latentmotion.core.errors import nearest


def problem(error: ValidationError, schema: type[BaseModel], section: str = "") -> str:
    """The first problem; an unknown key comes before a wrong value, because it is often its cause.

    Arguments:
        schema: the type that was validated.
        section: the section that it describes, such as "models.halo.training"; empty for the whole of params.yaml.
    """
    problems = error.errors()
    first = next((found for found in problems if found["type"] == "extra_forbidden"), problems[0])
    where = ".".join(filter(None, [section, *map(str, first["loc"])]))
    if first["type"] == "extra_forbidden":
        return f"unknown key '{where}'; {nearest(str(first['loc'][-1]), _fields(schema, first['loc'][:-1]))}"
    if first["type"] == "missing":
        return f"key '{where}' is missing; add it"
    what = " ".join(first["msg"].split())
    return f"key '{where}': {what}; got {_short(first.get('input'))}; correct it"


def _fields(schema: Any, path: tuple) -> list[str]:
    """The keys of the section at `path`, as far as the types say which there are."""
    for part in path:
        schema = schema.model_fields[part].annotation if hasattr(schema, "model_fields") else schema.__args__[-1]
    return list(getattr(schema, "model_fields", ()))


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
