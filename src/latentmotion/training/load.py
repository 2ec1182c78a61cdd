"""Builds models from their names and settings, and loads trained ones."""

from pathlib import Path

import torch
from pydantic import ValidationError

from latentmotion.config.problems import problem
from latentmotion.core.errors import UserError
from latentmotion.core.files import file_digest
from latentmotion.core.plugins import import_module
from latentmotion.core.records import Run, read_record
from latentmotion.core.weights import load_weights
from latentmotion.models.base import DataShape, NetworkConfig, SequenceModel


def read_config(system: str, network: dict, section: str) -> NetworkConfig:
    """The `Config` of a system with the values of a `network` section.

    Raises UserError, whose message names the key in `section`, for a value of a wrong type or out of its range.
    """
    schema = import_module("models", system).Config
    try:
        return schema(**network)
    except ValidationError as error:
        raise UserError(problem(error, schema, section)) from None


def build(settings: dict, shape: DataShape) -> SequenceModel:
    """An untrained model of models/<system>.py, or of a package that adds the system.

    Raises UserError for a wrong value in the `network` section.
    """
    system = settings["system"]
    try:
        config = read_config(system, settings["network"], "network")
    except UserError as error:
        raise UserError(f"system {system}: {error}") from None
    return import_module("models", system).Model(config, shape)


def load_run(folder: Path, device: torch.device) -> tuple[SequenceModel, dict]:
    """A trained model in evaluation mode, and its training record.

    Raises UserError where the weights are missing, differ from the record's digest, or belong to another model.
    """
    folder = Path(folder)
    record = read_record(folder / "record.json", Run)
    weights = folder / "weights.safetensors"
    if not weights.is_file():
        raise UserError(f"{weights}: no such file; train with 'snakemake {weights}' or fetch it with 'dvc pull'")
    if file_digest(weights) != record["weights"]:
        raise UserError(f"{weights}: is not what {folder / 'record.json'} describes (sha256 differs); train it again")
    model = build(record["settings"], DataShape(**record["shape"]))
    load_weights(model, weights, record["settings"]["system"])
    return model.to(device).eval(), record
