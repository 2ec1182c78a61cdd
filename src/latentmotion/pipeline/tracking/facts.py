"""What MLflow shows of a run: its settings, scores, costs, curves and data set, as they are in its records.

This module imports nothing heavy.
"""

import json
import re
from pathlib import Path

from latentmotion.core.history import read_history

POINTS = 1000  # of a curve, however many steps the training has
DIGEST = 36  # the most characters that MLflow takes as the digest of a data set


def safe(name: str) -> str:
    """A name with the characters that MLflow allows."""
    return re.sub(r"[^\w./ -]", ".", name)


def flat(settings: dict, prefix: str = "") -> dict[str, str]:
    """Nested settings by dotted names, as text."""
    found = {}
    for key, value in settings.items():
        name = f"{prefix}{key}"
        found |= flat(value, f"{name}.") if isinstance(value, dict) else {name: str(value)}
    return found


def parameters(record: dict) -> dict[str, str]:
    """The seed and the settings of the training; of the real data, which is not trained, the seed alone."""
    return {"seed": str(record["seed"]), **flat((record.get("training") or {}).get("settings") or {})}


def scores(record: dict) -> dict[str, float]:
    """`<protocol>/<score>` -> value."""
    return {f"{cell['protocol']}/{safe(cell['metric'])}": cell["value"] for cell in record["metrics"]}


def costs(record: dict) -> dict[str, float]:
    """What the training and the evaluation took: seconds, hours of cores and GPUs, memory and speed."""
    training = record.get("training") or {}
    spent = [part.get("cost") or {} for part in (training, record)]
    found = {
        "cost/train_seconds": training.get("seconds"),
        "cost/evaluate_seconds": record.get("seconds"),
        "cost/core_hours": sum(part.get("core_hours", 0) for part in spent) if any(spent) else None,
        "cost/gpu_hours": sum(part.get("gpu_hours", 0) for part in spent) if any(spent) else None,
        "cost/memory_mb": max((part.get("memory_mb", 0) for part in spent), default=0) or None,
        "cost/sequences_per_second": spent[0].get("sequences_per_second"),
    }
    return {name: value for name, value in found.items() if value is not None}


def seconds(record: dict) -> float:
    """How long the training and the evaluation took together."""
    return sum((part or {}).get("seconds") or 0 for part in (record.get("training"), record))


def learnt(record: dict) -> str:
    """The verdict of the evaluation: yes, no or not known."""
    return {True: "yes", False: "no"}.get(record.get("learnt"), "not known")


def curves(record: dict, run: Path | None) -> list[tuple[str, float, int]]:
    """(name, value, step) of the losses while training: all of them where the run is here.

    Otherwise they are the points of the first loss that the record keeps.
    """
    if run and (run / "history.jsonl").is_file():
        points = read_history(run / "history.jsonl")
        every = -(-len(points) // POINTS)
        kept = points[::-1][::every][::-1]  # the last point is among them
        return [
            (name if "/" in name else f"loss/{name}", value, point["step"])
            for point in kept
            for name, value in point.items()
            if name != "step"
        ]
    training = record.get("training") or {}
    name = next((key for key in training.get("last", {}) if key != "step"), "total")
    return [(f"loss/{name}", value, int(step)) for step, value in training.get("curve", [])]


def dataset(record: dict) -> dict[str, str]:
    """The data set as an input: name, digest, place, and what is known of its form."""
    shape = (record.get("training") or {}).get("shape") or {}
    profile = dict(shape)
    if count := (record.get("seen") or {}).get("training_sequences"):
        profile["training_sequences"] = count
    found = {
        "name": record["dataset"],
        "digest": record["data"][:DIGEST],
        "source_type": "local",
        "source": json.dumps({"uri": f"data/processed/{record['scale']}/{record['dataset']}"}),
        "profile": json.dumps(profile),
    }
    if shape:
        spec = {"type": "tensor", "tensor-spec": {"dtype": "uint8", "shape": sequence_shape(shape)}}
        if shape["size"] == 1:
            spec["tensor-spec"]["dtype"] = "float32"
        found["schema"] = json.dumps({"mlflow_tensorspec": {"features": json.dumps([spec]), "targets": None}})
    return found


def sequence_shape(shape: dict) -> list[int]:
    """The shape of an array of sequences; -1 stands for their number."""
    pixels = [shape["size"]] * 2 if shape["size"] > 1 else []
    return [-1, shape["frames"], shape["channels"], *pixels]
