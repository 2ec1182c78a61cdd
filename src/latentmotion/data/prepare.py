"""The verb `prepare`: makes a prepared data set from its raw files or from a drawn source."""

from pathlib import Path

from latentmotion.core.errors import UserError, nearest
from latentmotion.core.plugins import import_module
from latentmotion.core.source_code import modules
from latentmotion.data.sequences import write

SOURCES = ("real", "drawn")


def prepare(dataset: str, raw: Path | None, out: Path, settings: dict) -> None:
    """Calls `prepare(raw, settings)` of the data set's file and writes the result to `out`, whole or not at all.

    The file is data/datasets/<dataset>.py, or data/importers/<importer>.py where the settings name an importer.

    Arguments:
        dataset: the name in params.yaml, which is also the name of the file.
        raw: the folder of the raw files; None for a drawn source.
        settings: source, size, frames, options and, where there is one, importer, as in params.yaml. The possible
            options and their defaults are in `OPTIONS` of the file.

    Raises UserError for an unknown data set, source or option, and for raw files that are missing or wrong.
    """
    folder, file = ("data/importers", settings["importer"]) if "importer" in settings else ("data/datasets", dataset)
    if file not in modules(folder):
        raise UserError(f"dataset '{dataset}': no file '{file}' in {folder}/; {nearest(file, modules(folder))}")
    if settings["source"] not in SOURCES:
        raise UserError(
            f"key 'datasets.{dataset}.source': unknown '{settings['source']}'; {nearest(settings['source'], SOURCES)}"
        )
    module = import_module(folder, file)
    for key, value in settings["options"].items():
        where = f"key 'datasets.{dataset}.options.{key}'"
        if key not in module.OPTIONS:
            raise UserError(f"{where}: unknown; {nearest(key, module.OPTIONS)}")
        _check(where, value, module.OPTIONS[key])
    options = module.OPTIONS | settings["options"]
    raw = Path("data/raw") / dataset if raw is None else Path(raw)
    write(module.prepare(raw, {**settings, "options": options}), out, settings)


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
    elif not isinstance(value, int | float) or value < 0:
        raise UserError(f"{where}: a number of 0 or more; got {value!r}")
