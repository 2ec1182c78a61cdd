"""What `track` reads: a run with a long history, its record, and the record of the real data."""

import hashlib
import json
from pathlib import Path

MODEL_RUN = "runs/tiny/halo/sprites-drawn/seed0"
SHAPE = {"frames": 8, "channels": 3, "size": 16, "actions": 9, "groups": 90}
SETTINGS = {"system": "halo", "training": {"lr": 0.1}}
WEIGHTS = b"heavy"


def metric(value: float) -> list[dict]:
    return [{"protocol": "motion-swap", "metric": "action_accuracy", "value": value, "n": 4}]


def training(seed: int) -> dict:
    """The record of a training of 100 seconds."""
    return {
        "verb": "train", "model": "halo", "dataset": "sprites-drawn", "seed": seed,
        "code": "7ra1n", "settings": SETTINGS, "shape": SHAPE, "steps": 2501, "seconds": 100.0,
        "cost": {"core_hours": 0.25, "memory_mb": 300},
        "last": {"step": 2501, "total": 1.0}, "curve": [[1, 2.0 + seed], [2501, 1.0 + seed]], "status": "ok",
        "weights": hashlib.sha256(WEIGHTS).hexdigest(),
    }  # fmt: skip


def make(folder: Path, seeds: tuple[int, ...] = (0,)) -> list[Path]:
    """Paths of the records, relative to the folder: those of HALO, whose first run is there, then that of real data."""
    run = folder / MODEL_RUN
    run.mkdir(parents=True)
    lines = [json.dumps({"step": step, "total": 1 / step}) for step in range(1, 2502)]
    (run / "history.jsonl").write_text("\n".join(lines) + "\n")
    (run / "samples.png").write_bytes(b"picture")
    (run / "weights.safetensors").write_bytes(WEIGHTS)
    (run / "record.json").write_text(json.dumps(training(0)))
    common = {"verb": "evaluate", "dataset": "sprites-drawn", "source": "drawn", "scale": "tiny", "split": "test"}
    common |= {"code": "c0de", "data": "da7a" * 16, "seconds": 20.0, "cost": {"core_hours": 0.05}}
    records = {}
    for seed in seeds:
        own = {"model": "halo", "seed": seed, "run": MODEL_RUN.replace("seed0", f"seed{seed}"), "learnt": True}
        own |= {"training": training(seed), "metrics": metric(0.5 + seed / 4)}
        records[f"results/tiny/halo/sprites-drawn/seed{seed}.json"] = common | own
    real = {"model": "real", "seed": 0, "run": None, "metrics": metric(1.0)}
    records["results/tiny/real/sprites-drawn/seed0.json"] = common | real
    for path, record in records.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(json.dumps(record))
    (folder / "dvc.lock").write_text(
        f"stages: {{train-halo: {{outs: [{{path: {MODEL_RUN.rsplit('/', 1)[0]}, md5: abc.dir}}]}}}}"
    )
    return [Path(path) for path in records]
