"""The main scores and the learning curves of one system, small enough for `dvc metrics show` and `dvc plots show`.

Evaluation records hold every score of a run. This file picks those by which the papers compare systems, takes the mean
over the seeds of a data set, and puts the loss curves of all runs below each other.
"""

import csv
import io
import json
from pathlib import Path

from latentmotion.config.catalogue import REAL
from latentmotion.config.main_scores import MAIN
from latentmotion.core.files import write_atomic
from latentmotion.core.records import Evaluation, read_record


def write_main_scores(records: list[Path], out: Path) -> None:
    """OUT.json, the main scores by data set and protocol, and OUT.csv, the learning curves of all runs."""
    found = [read_record(path, Evaluation) for path in records]
    scores = json.dumps(main_scores(found), indent=1, sort_keys=True)
    write_atomic(out.with_name(f"{out.name}.csv"), learning_curves(found).encode())
    write_atomic(out.with_name(f"{out.name}.json"), scores.encode() + b"\n")


def main_scores(records: list[dict]) -> dict[str, dict]:
    """Data set -> protocol -> score -> mean over the seeds, and data set -> `learnt`: the share of runs that have.

    A record without the key counts as one of a run that has not learnt. The real data have no share.
    """
    values: dict[tuple[str, str, str], list[float]] = {}
    for record in records:
        for cell in record["metrics"]:
            name = cell["metric"].partition(":")[0]
            if name in MAIN.get(cell["protocol"], ()):
                values.setdefault((record["dataset"], cell["protocol"], name), []).append(cell["value"])
    found: dict[str, dict] = {}
    for (dataset, protocol, name), seeds in values.items():
        found.setdefault(dataset, {}).setdefault(protocol, {})[name] = float(f"{sum(seeds) / len(seeds):.6g}")
    for dataset in dict.fromkeys(record["dataset"] for record in records if record["model"] != REAL):
        verdicts = [record.get("learnt") is True for record in records if record["dataset"] == dataset]
        found.setdefault(dataset, {})["learnt"] = round(sum(verdicts) / len(verdicts), 6)
    return found


def learning_curves(records: list[dict]) -> str:
    """CSV with the columns run, step and loss; records of runs from before curves were kept add no lines."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["run", "step", "loss"])
    for record in records:
        for step, loss in (record.get("training") or {}).get("curve", []):
            writer.writerow([f"{record['dataset']}, seed {record['seed']}", step, f"{loss:.6g}"])
    return text.getvalue()
