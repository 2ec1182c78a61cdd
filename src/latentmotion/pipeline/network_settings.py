"""Checks the `network` section of every model, and the options of every data set, before anything is planned.

The files of the models and data sets state the types and ranges, and importing them takes seconds. What was found right
is therefore remembered under state/, by the digest of the values and of the code that checked them, and the files are
imported only where something is new.
"""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

from latentmotion.config import catalogue
from latentmotion.config.merge import merge
from latentmotion.config.schema import Params
from latentmotion.core.errors import UserError
from latentmotion.core.files import digest, write_atomic
from latentmotion.core.source_code import code_digest

CHECKED = Path("state/checked-settings.json")


def check(params: Params, path: Path = Path("params.yaml")) -> None:
    """Raises UserError for the first value of a wrong type or out of its range."""
    wanted = _networks(params) | _options(params)
    known = _read()
    for key, verify in wanted.items():
        if key not in known:
            try:
                verify()
            except UserError as error:
                raise UserError(f"{path}: {error}") from None
    if not known.issuperset(wanted):
        try:
            write_atomic(CHECKED, json.dumps(sorted(known.union(wanted))).encode(), durable=False)
        except UserError:
            return  # a folder that cannot be written is checked anew each time


def _networks(params: Params) -> dict[str, Callable[[], None]]:
    """Digest -> check, for the `network` section of each model and what differs on one data set."""
    found = {}
    for name, model in params.models.items():
        for dataset in (None, *model.per_dataset):
            own = model.on(dataset).network
            network = merge(model.network, own)
            section = f"models.{name}.per_dataset.{dataset}.network" if own else f"models.{name}.network"
            key = digest([model.system, code_digest(f"models/{model.system}"), network])
            # Of models with equal networks, the first is named: the others are like it.
            found.setdefault(key, partial(_check_network, model.system, network, section))
    return found


def _check_network(system: str, network: dict, section: str) -> None:
    from latentmotion.training.load import read_config

    read_config(system, network, section)


def _options(params: Params) -> dict[str, Callable[[], None]]:
    """Digest -> check, for the options of each data set."""
    found = {}
    for name in catalogue.ids(params):
        section = params.datasets[name]
        code = code_digest(catalogue.dataset_module(params, name), "data/prepare")
        found[digest([name, code, section.options])] = partial(_check_options, name, section.options, section.importer)
    return found


def _check_options(name: str, options: dict, importer: str | None) -> None:
    from latentmotion.data.prepare import read_options

    read_options(name, options, importer)


def _read() -> set[str]:
    try:
        return set(json.loads(CHECKED.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return set()
