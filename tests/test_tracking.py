"""The store says what the records say, once."""

import json

import pytest
from conftest import ROOT
from mlflow.tracking import MlflowClient

from latentmotion.tracking import track

MODEL_RUN = "runs/tiny/halo/sprites-drawn/seed0"
METRICS = [{"protocol": "motion-swap", "metric": "action_h_y|x", "value": 0.5, "n": 4}]


@pytest.fixture
def records(tmp_path, monkeypatch):
    """A run with a long history, its record, and the record of the real data."""
    monkeypatch.chdir(tmp_path)
    run = tmp_path / MODEL_RUN
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
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        own = {"run": MODEL_RUN, "training": training} if model == "halo" else {"run": None}
        (tmp_path / path).write_text(json.dumps(common | own | {"model": model}))
    (tmp_path / "dvc.lock").write_text(
        f"stages: {{train-halo: {{outs: [{{path: {MODEL_RUN.rsplit('/', 1)[0]}, md5: abc.dir}}]}}}}"
    )
    return [tmp_path / path for path in paths.values()]


def test_store(records, tmp_path):
    names = [record.relative_to(tmp_path) for record in records]
    database = tmp_path / "mlflow.db"
    track(names, database)
    track(names, database)
    client = MlflowClient(f"sqlite:///{database}")
    experiment = client.get_experiment_by_name("sprites-drawn").experiment_id
    runs = {run.info.run_name: run for run in client.search_runs([experiment])}
    assert sorted(runs) == ["halo (tiny)", "halo seed 0", "real (tiny)", "real seed 0"]

    run = runs["halo seed 0"]
    assert run.data.params == {"seed": "0", "system": "halo", "training.lr": "0.1"}
    assert run.data.metrics["motion-swap/action_h_y.x"] == 0.5
    assert run.data.tags["mlflow.parentRunId"] == runs["halo (tiny)"].info.run_id
    wanted = {
        "record": str(names[0]),
        "code": "c0de",
        "code.training": "7ra1n",
        "data": "da7a",
        "dvc.run_md5": "abc.dir",
    }
    assert wanted.items() <= run.data.tags.items()
    curve = client.get_metric_history(run.info.run_id, "loss/total")
    assert len(curve) <= 1000 and curve[-1].step == 2501
    assert [file.path for file in client.list_artifacts(run.info.run_id)] == ["samples.png"]


def test_a_record_made_again_supersedes(records, tmp_path):
    names, database = [record.relative_to(tmp_path) for record in records], tmp_path / "mlflow.db"
    track(names, database)
    records[0].write_text(records[0].read_text().replace("0.5", "0.75"))
    track(names, database)
    client = MlflowClient(f"sqlite:///{database}")
    experiment = client.get_experiment_by_name("sprites-drawn").experiment_id
    runs = [run for run in client.search_runs([experiment]) if run.info.run_name == "halo seed 0"]
    assert {run.data.tags["status"]: run.data.metrics["motion-swap/action_h_y.x"] for run in runs} == {
        "superseded": 0.5,
        "ok": 0.75,
    }


def test_nothing_else_imports_mlflow():
    files = {file.name: file.read_text() for file in (ROOT / "src").rglob("*.py")}
    assert [name for name, text in files.items() if "import mlflow" in text or "from mlflow" in text] == ["tracking.py"]
