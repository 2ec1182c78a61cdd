"""Builds models from their names and settings, and loads trained ones."""

from pathlib import Path

import torch
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file

from latentmotion.core.errors import UserError
from latentmotion.core.files import file_digest
from latentmotion.core.plugins import import_module
from latentmotion.core.records import read_record
from latentmotion.models.base import DataShape, SequenceModel


def build(settings: dict, shape: DataShape) -> SequenceModel:
    """An untrained model of models/<system>.py, or of a package that adds the system.

    Raises UserError for a wrong value in the `network` section.
    """
    module = import_module("models", settings["system"])
    try:
        config = module.Config(**settings["network"])
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(map(str, problem["loc"]))
        raise UserError(f"models.*.network.{where} of system {settings['system']}: {problem['msg']}") from None
    return module.Model(config, shape)


def load_run(folder: Path, device: torch.device) -> tuple[SequenceModel, dict]:
    """A trained model in evaluation mode, and its training record.

    Raises UserError where the weights are missing, differ from the record's digest, or belong to another model.
    """
    folder = Path(folder)
    record = read_record(folder / "record.json")
    weights = folder / "weights.safetensors"
    if not weights.is_file():
        raise UserError(f"{weights}: no such file; train with 'snakemake {weights}' or fetch it with 'dvc pull'")
    if file_digest(weights) != record["weights"]:
        raise UserError(f"{weights}: is not what {folder / 'record.json'} describes (sha256 differs); train it again")
    model = build(record["settings"], DataShape(**record["shape"]))
    try:
        model.load_state_dict(load_file(weights))
    except (RuntimeError, SafetensorError) as error:
        raise UserError(
            f"{weights}: does not fit {record['settings']['system']}: {str(error).splitlines()[0]}"
        ) from None
    return model.to(device).eval(), record
