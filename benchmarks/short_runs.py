"""Short trainings at the sizes of the papers: they test that models train on real data, and measure time and memory.

    snakemake --configfile config/real.yaml --config scale=paper -- data/processed/paper/sprites/manifest.json
    python benchmarks/short_runs.py --configfile config/real.yaml [--steps 5] [--batch 4] rwae-complex/sprites ...

Each training is the verb `train` with the settings of the scale paper, except for the number of steps and, with
--batch, the number of sequences in a batch. The record is written to results/paper/short/MODEL/DATASET.json. The
weights are not kept, because a model has learnt nothing after five batches, and no table reads these records.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

from latentmotion.config import catalogue, params, paths
from latentmotion.config.settings import training_settings
from latentmotion.core.records import read_record, write_record

OUT = Path("results/paper/short")


def short(settings: dict, steps: int, batch: int | None, precision: str) -> dict:
    training = settings["training"] | {"steps": steps} | ({"batch": batch} if batch else {})
    return settings | {"training": training, "compute": settings["compute"] | {"precision": precision}}


def run(model: str, data: str, settings: dict) -> dict:
    """The record of a training in a separate process, so that the peak of memory is that of this training."""
    with tempfile.TemporaryDirectory() as folder:
        places = ["--data", data, "--out", f"{folder}/run", "--state", f"{folder}/state", "--seed", "0"]
        verb = [sys.executable, "-m", "latentmotion.cli", "train", "--model", model, *places]
        subprocess.run([*verb, "--settings", json.dumps(settings)], check=True)
        return read_record(Path(folder) / "run/record.json")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", metavar="MODEL/DATASET")
    parser.add_argument("--configfile", type=Path)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--batch", type=int)
    parser.add_argument("--precision", default="float32", choices=["float32", "bfloat16"])
    given = parser.parse_args()
    overrides = yaml.safe_load(given.configfile.read_text(encoding="utf-8")) if given.configfile else {}
    catalogued = params.load(overrides=overrides | {"scale": "paper"})
    for name in given.runs:
        model, dataset = name.split("/")
        settings = training_settings(catalogued, model, dataset)
        data = paths.processed(catalogued, catalogue.ids(catalogued)[dataset])
        record = run(model, data, short(settings, given.steps, given.batch, given.precision))
        write_record(OUT / model / f"{Path(data).name}.json", record)
        print(f"{name}: {record['parameters'] / 1e6:.0f} M parameters, {record['seconds'] / given.steps:.1f} s a batch")


if __name__ == "__main__":
    main()
