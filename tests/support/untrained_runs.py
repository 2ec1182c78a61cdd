"""Runs whose models have random weights: what `train` leaves, for tests of what is done with a run afterwards."""

import json
from dataclasses import asdict
from pathlib import Path

from safetensors.torch import save_file

from latentmotion.config.params import load
from latentmotion.config.settings import training_settings
from latentmotion.core.files import file_digest
from latentmotion.core.keyed_random import seed_torch
from latentmotion.data.prepared import PreparedDataset
from latentmotion.training.load import build
from support.project import ROOT


def write_run(folder: Path, model: str, data: PreparedDataset, dataset: str) -> Path:
    """Writes runs/tiny/<model>/<dataset>/seed0 below `folder` and returns its path."""
    settings = training_settings(load(ROOT / "params.yaml", {"scale": "tiny"}), model, dataset)
    run = folder / f"runs/tiny/{model}/{dataset}/seed0"
    run.mkdir(parents=True)
    seed_torch(0, "weights")
    save_file(build(settings, data.shape).state_dict(), run / "weights.safetensors")
    record = {
        "verb": "train", "model": model, "dataset": dataset, "settings": settings, "shape": asdict(data.shape),
        "seed": 0, "parameters": 1000, "data_folder": str(data.folder), "data": data.sha256, "steps": 0,
        "weights": file_digest(run / "weights.safetensors"),
    }  # fmt: skip
    (run / "record.json").write_text(json.dumps(record))
    return run
