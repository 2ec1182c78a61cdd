"""The MLflow store holds what the records hold, once."""

import json
import sqlite3

import pytest
from mlflow.tracking import MlflowClient
from support import tracked_runs as tracked
from support.project import ROOT

from latentmotion.core.errors import UserError
from latentmotion.pipeline import mlflow_store
from latentmotion.pipeline.mlflow_tracking import track


@pytest.fixture
def names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tracked.make(tmp_path)


def test_the_store_holds_parameters_curves_and_scores(names, tmp_path):
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


def test_a_record_made_again_supersedes(names, tmp_path):
    database = tmp_path / "mlflow.db"
    track(names, database)
    names[0].write_text(names[0].read_text().replace("0.5", "0.75"))
    track(names, database)
    client = MlflowClient(f"sqlite:///{database}")
    experiment = client.get_experiment_by_name("sprites-drawn").experiment_id
    runs = [run for run in client.search_runs([experiment]) if run.info.run_name == "halo seed 0"]
    assert {run.data.tags["status"]: run.data.metrics["motion-swap/action_h_y.x"] for run in runs} == {
        "superseded": 0.5,
        "ok": 0.75,
    }


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"dataset": "../../x"}, "entry 'dataset'"),
        ({"model": "x/../y"}, "entry 'model'"),
        ({"run": "/etc"}, "entry 'run': the path '/etc' leaves the folder"),
        ({"run": "../other"}, "entry 'run': the path '../other' leaves the folder"),
    ],
)
def test_a_record_cannot_name_a_path_outside_the_project(names, tmp_path, changes, message):
    content = json.loads(names[0].read_text())
    names[0].write_text(json.dumps(content | changes))
    with pytest.raises(UserError, match=message):
        track(names[:1], tmp_path / "store/mlflow.db")
    assert not list(tmp_path.rglob("*.png*")) or [p.name for p in tmp_path.rglob("*.png")] == ["samples.png"]


def test_no_message_shows_the_password_of_a_server(names, monkeypatch):
    monkeypatch.setenv(mlflow_store.VARIABLE, "http://me:SECRET@127.0.0.1:9")
    with pytest.raises(UserError, match="http://127.0.0.1:9: ") as caught:
        track(names)
    assert "SECRET" not in str(caught.value)


def test_a_damaged_history_is_one_line(names, tmp_path):
    (tmp_path / tracked.MODEL_RUN / "history.jsonl").write_text("[]")
    with pytest.raises(UserError, match="history.jsonl: line 1 is damaged"):
        track(names, tmp_path / "mlflow.db")


def test_an_experiment_that_was_deleted_is_named_with_the_way_back(names, tmp_path):
    track(names, tmp_path / "mlflow.db")
    client = MlflowClient(f"sqlite:///{tmp_path / 'mlflow.db'}")
    client.delete_experiment(client.get_experiment_by_name("sprites-drawn").experiment_id)
    with pytest.raises(UserError, match="'sprites-drawn': was deleted .*mlflow experiments restore --experiment-id 1'"):
        track(names, tmp_path / "mlflow.db")


@pytest.mark.parametrize(
    "statement, advice",
    [
        (None, "move it away and repeat"),
        ("UPDATE alembic_version SET version_num = 'of another version'", "move it away|mlflow db upgrade"),
    ],
    ids=["damaged", "version"],
)
def test_a_database_that_cannot_be_used_is_one_line(names, tmp_path, statement, advice):
    database = tmp_path / "other/mlflow.db"
    database.parent.mkdir()
    if statement is None:
        database.write_bytes(b"no database" * 1000)
    else:
        track(names, database)
        with sqlite3.connect(database) as connection:
            connection.execute(statement)
        database = database.rename(database.with_name("again.db"))  # MLflow checks a path once in a process
    with pytest.raises(UserError, match=f"other/.*.db: .*({advice})") as caught:
        track(names, database)
    assert "\n" not in str(caught.value)


def test_nothing_else_imports_mlflow():
    files = {file.name: file.read_text() for file in (ROOT / "src").rglob("*.py")}
    users = [name for name, text in files.items() if "import mlflow" in text or "from mlflow" in text]
    assert users == ["mlflow_tracking.py"]
