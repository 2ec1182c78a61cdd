"""The verb `import`: takes a folder that `latentmotion export` has written into this checkout, a run or judges.

Nothing is executed that comes with the folder: weights are read as safetensors, and no pickle is opened. Everything is
verified before anything is written: digests, the settings against those that params.yaml plans, and the weights against
the networks that the code builds from these settings.
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from pydantic import Field
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from latentmotion.config import catalogue, paths
from latentmotion.config.params import load
from latentmotion.config.schema import Params
from latentmotion.config.settings import judge_settings, training_settings
from latentmotion.core.errors import UserError
from latentmotion.core.files import digest, file_digest, whole_folder
from latentmotion.core.history import read_history
from latentmotion.core.records import JudgeRecord, Name, Record, Run, read_json, read_record, write_record
from latentmotion.core.source_code import code_digest
from latentmotion.core.yaml_loader import read_yaml
from latentmotion.data.prepared import PreparedDataset
from latentmotion.evaluation.judges.classifier_network import Classifier
from latentmotion.models.base import DataShape
from latentmotion.pipeline.one_run import REAL_DATA
from latentmotion.training.load import build


class Exported(Record):
    """What config.json of any exported folder states."""

    library_name: Literal["latentmotion"]
    dataset: Name
    scale: Name


class ExportedRun(Exported):
    """That of a trained run."""

    model: Name
    system: Name
    seed: int = Field(ge=0)
    weights_sha256: str
    record_sha256: str


class ExportedJudges(Exported):
    """That of the judges of a data set: label -> digest."""

    kind: Literal["judges"]
    weights_sha256: dict[Name, str]
    record_sha256: dict[Name, str]


def import_folder(folder: Path) -> list[str]:
    """Imports a folder, whole or not at all, and returns lines that say what was made.

    Raises UserError where something in it is missing, damaged or not what this checkout would make, and where there is
    something else in its place already.
    """
    config = folder / "config.json"
    if not config.is_file():
        raise UserError(f"{folder}: has no config.json; name a folder that 'latentmotion export' has written")
    kind = ExportedJudges if read_json(config, Exported, _damaged(config)).get("kind") == "judges" else ExportedRun
    stated = read_json(config, kind, _damaged(config))
    params = _params(stated["scale"], stated["dataset"], config)
    return (_judges if kind is ExportedJudges else _run)(folder, stated, params)


def _run(folder: Path, stated: dict, params: Params) -> list[str]:
    record = _record(folder / "training.json", Run, stated["record_sha256"])
    weights = _weights(folder / "model.safetensors", stated["weights_sha256"], record)
    for key in ("model", "dataset", "seed"):
        if record.get(key) != stated[key]:
            raise UserError(f"{folder}: config.json and training.json state another {key}; export it again")
    if stated["model"] not in params.models:
        raise UserError(f"{folder}: params.yaml has no model '{stated['model']}'; add it, or open it as a library")
    planned = training_settings(params, stated["model"], stated["dataset"])
    _same(record["settings"], planned, folder, stated["scale"], "latentmotion.load still opens it")
    _fits(weights, lambda: build(record["settings"], DataShape(**record["shape"])))
    run = catalogue.Run(stated["model"], stated["dataset"], stated["seed"])
    out = Path(paths.run_folder(params, run))
    _vacant(out, out / "weights.safetensors", weights)
    others = {name: folder / name for name in ("history.jsonl", "samples.png")}
    if missing := [str(file) for file in others.values() if not file.is_file()]:
        raise UserError(f"{missing[0]}: missing; export the run again with this version")
    if record.get("history", file_digest(others["history.jsonl"])) != file_digest(others["history.jsonl"]):
        raise UserError(f"{others['history.jsonl']}: is not what training.json describes; get the folder again")
    read_history(others["history.jsonl"])
    data = Path(paths.processed(params, stated["dataset"]))
    record["data_folder"] = str(data)
    _write(out, {"weights.safetensors": weights, **others}, {"record.json": record})
    lines = [f"Wrote {out}; open it with latentmotion.load('{'/'.join(out.parts[2:])}', scale='{stated['scale']}')"]
    if record.get("code") != code_digest(f"models/{stated['system']}", "training/train"):
        lines.append("It was trained with other code than that of this checkout.")
    return [*lines, *_other_data(data, record.get("data")), _how_to_score(stated["dataset"])]


def _judges(folder: Path, stated: dict, params: Params) -> list[str]:
    dataset = stated["dataset"]
    labels = catalogue.judged_labels(params, dataset)
    if set(stated["weights_sha256"]) != set(labels) or set(stated["record_sha256"]) != set(labels):
        raise UserError(f"{folder}: params.yaml has judges of the labels {', '.join(labels)}; export them all")
    out, copied, records = Path(paths.judges(params, dataset)), {}, {}
    for label in labels:
        record = _record(folder / f"{label}.json", JudgeRecord, stated["record_sha256"][label])
        weights = _weights(folder / f"{label}.safetensors", stated["weights_sha256"][label], record)
        _same(record["settings"], judge_settings(params, dataset), folder, stated["scale"], "train them here")
        _fits(weights, lambda r=record: Classifier(*r["shape"], r["settings"]["width"], len(r["classes"])))
        _vacant(out, out / weights.name, weights)
        copied[weights.name], records[f"{label}.json"] = weights, record
    _write(out, copied, records)
    data = Path(paths.processed(params, dataset))
    return [f"Wrote {out}", *_other_data(data, records[f"{labels[0]}.json"].get("data")), _how_to_score(dataset)]


def _params(scale: str, dataset: str, config: Path) -> Params:
    """The parameters at a scale in which a data set has the wanted source: those of params.yaml, or real data."""
    for overlay in ({}, read_yaml(REAL_DATA) if REAL_DATA.is_file() else {}):
        params = load(overrides=overlay | {"scale": scale})
        if dataset in catalogue.ids(params).values():
            return params
    raise UserError(f"{config}: params.yaml has no data set '{dataset}' at scale {scale}; add it to params.yaml")


def _damaged(path: Path):
    return lambda reason: UserError(f"{path}: not written by 'latentmotion export' of this version ({reason})")


def _record(path: Path, kind: type[Record], stated: str) -> dict:
    """A record of the folder, whose digest is that of config.json."""
    record = read_record(path, kind)
    if digest(record) != stated:
        raise UserError(f"{path}: is not what config.json describes; get the folder again")
    return record


def _weights(path: Path, stated: str, record: dict) -> Path:
    """The weights, whose digest is that of config.json and of the record."""
    if not path.is_file():
        raise UserError(f"{path}: missing; only weights in this format are imported, never a pickle (.bin, .pt)")
    if not file_digest(path) == stated == record["weights"]:
        raise UserError(f"{path}: is not what config.json and the record describe; get the folder again")
    return path


def _same(found: dict, planned: dict, folder: Path, scale: str, instead: str) -> None:
    """Raises UserError, which names the first difference, where settings are not those that are planned."""
    wanted, given = _flat(planned), _flat(found)
    for key in sorted(wanted.keys() | given.keys()):
        if wanted.get(key) != given.get(key):
            raise UserError(
                f"{folder}: {key} is {given.get(key)}, and params.yaml plans {wanted.get(key)} at scale {scale};"
                f" correct params.yaml ({instead})"
            )


def _flat(settings: dict, prefix: str = "") -> dict:
    """Nested settings by dotted names; tuples as lists, because JSON has no tuples."""
    found = {}
    for key, value in settings.items():
        nested = _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else None
        found |= {f"{prefix}{key}": list(value) if isinstance(value, tuple) else value} if nested is None else nested
    return found


def _fits(weights: Path, network: Callable[[], nn.Module]) -> None:
    """Raises UserError where weights are not those of a network, or its record does not describe one."""
    try:
        network().load_state_dict(load_file(weights))
    except (RuntimeError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise UserError(f"{weights}: does not fit the network: {str(error).splitlines()[0]}") from None


def _vacant(out: Path, there: Path, weights: Path) -> None:
    """Raises UserError where other weights are in the place of those that are imported."""
    if there.is_file() and file_digest(there) != file_digest(weights):
        raise UserError(f"{out}: has other weights already; move this folder away and repeat")


def _write(out: Path, copied: dict[str, Path], records: dict[str, dict]) -> None:
    with whole_folder(out) as temporary:
        for name, file in copied.items():
            shutil.copyfile(file, temporary / name)
        for name, record in records.items():
            write_record(temporary / name, record)


def _other_data(folder: Path, wanted: str | None) -> list[str]:
    """A line where the prepared data are here and not those of the training."""
    if not (folder / "manifest.json").is_file() or PreparedDataset.open(folder).sha256 == wanted:
        return []
    return [f"The data in {folder} are not those of its training, so that its scores would say nothing."]


def _how_to_score(dataset: str) -> str:
    name = catalogue.dataset_name(dataset)
    return (
        f"Snakemake takes it as finished where its data are older. If they are not: snakemake prepare_{name}, and then"
        " 'latentmotion import' again."
    )
