"""What `track` reads: a run with a long history, its record, and the record of the real data."""

import json
from pathlib import Path

MODEL_RUN = "runs/tiny/halo/sprites-drawn/seed0"
METRICS = [{"protocol": "motion-swap", "metric": "action_h_y|x", "value": 0.5, "n": 4}]


def make(folder: Path) -> list[Path]:
    """Paths of the two records, relative to the folder."""
    run = folder / MODEL_RUN
    run.mkdir(parents=True)
    lines = [json.dumps({"step": step, "total": 1 / step}) for step in range(1, 2502)]
    (run / "history.jsonl").write_text("\n".join(lines) + "\n")
    (run / "samples.png").write_bytes(b"picture")
    (run / "weights.safetensors").write_bytes(b"heavy")
    common = {"verb": "evaluate", "dataset": "sprites-drawn", "source": "drawn", "scale": "tiny", "seed": 0}
    common |= {"code": "c0de", "data": "da7a", "metrics": METRICS}
    training = {"code": "7ra1n", "settings": {"system": "halo", "training": {"lr": 0.1}}}
    paths = {
        "halo": MODEL_RUN.replace("runs", "results") + ".json",
        "real": "results/tiny/real/sprites-drawn/seed0.json",
    }
    for model, path in paths.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        own = {"run": MODEL_RUN, "training": training} if model == "halo" else {"run": None}
        (folder / path).write_text(json.dumps(common | own | {"model": model}))
    (folder / "dvc.lock").write_text(
        f"stages: {{train-halo: {{outs: [{{path: {MODEL_RUN.rsplit('/', 1)[0]}, md5: abc.dir}}]}}}}"
    )
    return [Path(path) for path in paths.values()]
