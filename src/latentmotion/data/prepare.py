"""The verb `prepare`: makes a prepared data set from its raw files or from a drawn source."""

import math
from pathlib import Path

from latentmotion.config.downloads import pinned_names, read_sources
from latentmotion.core.errors import UserError, nearest
from latentmotion.core.plugins import import_module
from latentmotion.core.source_code import modules
from latentmotion.data.sequences import write

SOURCES = ("real", "drawn")


def prepare(dataset: str, raw: Path | None, out: Path, settings: dict, sources: Path | None = None) -> None:
    """Calls `prepare(raw, settings)` of the data set's file and writes the result to `out`, whole or not at all.

    The file is data/datasets/<dataset>.py, or data/importers/<importer>.py where the settings name an importer.

    Arguments:
        dataset: the name in params.yaml, which is also the name of the file.
        raw: the folder of the raw files; None for a drawn source.
        settings: source, size, frames, options and, where there is one, importer, as in params.yaml. The possible
            options and their defaults are in `OPTIONS` of the file.
        sources: the table that pins raw files, data/sources.csv; None where the raw files are the user's own.

    Raises UserError for an unknown data set, source or option, and for raw files that are missing or wrong.
    """
    folder, file = _place(dataset, settings.get("importer"))
    if file not in modules(folder):
        raise UserError(f"dataset '{dataset}': no file '{file}' in {folder}/; {nearest(file, modules(folder))}")
    if settings["source"] not in SOURCES:
        raise UserError(
            f"key 'datasets.{dataset}.source': unknown '{settings['source']}'; {nearest(settings['source'], SOURCES)}"
        )
    options = read_options(dataset, settings["options"], settings.get("importer"))
    raw = Path("data/raw") / dataset if raw is None else Path(raw)
    if sources and settings["source"] == "real":
        _check_raw(dataset, raw, settings["options"], sources)
    write(import_module(folder, file).prepare(raw, {**settings, "options": options}), out, settings)


def _check_raw(dataset: str, raw: Path, options: dict, table: Path) -> None:
    """Verifies the raw files that the table pins: some damaged pictures decode without an error, to other pixels."""
    for name in pinned_names(dataset, options):
        for source in read_sources(name, table):
            if fault := source.fault(raw / source.path):
                raise UserError(
                    f"{raw / source.path}: {fault}; delete it and fetch it again with 'latentmotion fetch --dataset"
                    f" {name} --out {raw}'"
                )


def _place(dataset: str, importer: str | None) -> tuple[str, str]:
    """The folder and the name of the file that prepares a data set."""
    return ("data/importers", importer) if importer else ("data/datasets", dataset)


def read_options(dataset: str, options: dict, importer: str | None = None) -> dict:
    """The options of a data set over their defaults, which are `OPTIONS` of its file.

    Raises UserError for an unknown option and for a wrong value.
    """
    known = import_module(*_place(dataset, importer)).OPTIONS
    for key, value in options.items():
        where = f"key 'datasets.{dataset}.options.{key}'"
        if key not in known:
            raise UserError(f"{where}: unknown; {nearest(key, known)}")
        _check(where, value, known[key])
    return known | options


def _check(where: str, value, default) -> None:
    """Checks that an option has the type of its default and is not too small.

    A whole number is 1 or more, another number is 0 or more. Raises UserError otherwise.
    """
    if isinstance(default, bool) or isinstance(value, bool):
        if type(value) is not type(default):
            raise UserError(f"{where}: {'true or false' if isinstance(default, bool) else 'a number'}; got {value!r}")
    elif isinstance(default, int):
        if not isinstance(value, int) or value < 1:
            raise UserError(f"{where}: a whole number of 1 or more; got {value!r}")
    elif not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise UserError(f"{where}: a number of 0 or more; got {value!r}")
