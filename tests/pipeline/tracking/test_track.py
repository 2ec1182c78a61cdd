"""The MLflow store holds what the records hold, once."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from mlflow.tracking import MlflowClient
from support import tracked_runs as tracked
from support.project import ROOT

from latentmotion.config import paths
from latentmotion.core.errors import UserError
from latentmotion.pipeline.tracking import store
from latentmotion.pipeline.tracking.track import Tracker, track

NAME = "sprites-drawn"
SCORE = "motion-swap/action_accuracy"


@pytest.fixture(scope="module")
def empty(tmp_path_factory) -> Path:
    """A new database with its tables, which MLflow needs seconds to make."""
    database = tmp_path_factory.mktemp("empty") / "mlflow.db"
    with Tracker(database).opened() as client:
        client.search_experiments(max_results=1)
    return database


@pytest.fixture
def names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tracked.make(tmp_path)


@pytest.fixture
def database(tmp_path, empty) -> Path:
    return Path(shutil.copyfile(empty, tmp_path / "mlflow.db"))


def runs_of(database: Path) -> tuple[MlflowClient, dict]:
    client = MlflowClient(f"sqlite:///{database}")
    experiment = client.get_experiment_by_name(NAME).experiment_id
    return client, {run.info.run_name: run for run in client.search_runs([experiment])}


def test_the_store_holds_parameters_curves_scores_data_weights_and_files(names, database, capsys):
    track(names, database)
    track(names, database)
    assert capsys.readouterr().out.splitlines() == ["mlflow.db: 2 new of 2 records", "mlflow.db: 0 new of 2 records"]
    client, runs = runs_of(database)
    assert sorted(runs) == ["halo (tiny)", "halo seed 0", "real (tiny)", "real seed 0"]

    run = runs["halo seed 0"]
    assert run.data.params == {"seed": "0", "system": "halo", "training.lr": "0.1"}
    assert run.data.metrics[SCORE] == 0.5 and run.data.metrics["cost/train_seconds"] == 100
    wanted = {"record": str(names[0]), "code": "c0de", "code.training": "7ra1n", "data": "da7a" * 16, "learnt": "yes"}
    wanted |= {"dvc.run_md5": "abc.dir", "mlflow.parentRunId": runs["halo (tiny)"].info.run_id}
    wanted["mlflow.source.name"] = f"snakemake {names[0]}"
    assert wanted.items() <= run.data.tags.items()
    assert run.info.end_time - run.info.start_time == 120_000
    assert run.info.end_time == round(names[0].stat().st_mtime * 1000)
    curve = client.get_metric_history(run.info.run_id, "loss/total")
    assert len(curve) <= 1000 and curve[-1].step == 2501
    assert curve[-1].timestamp - run.info.start_time == 100_000
    assert {file.path for file in client.list_artifacts(run.info.run_id)} == {"samples.png", "records"}
    (data,) = run.inputs.dataset_inputs
    assert data.dataset.name == NAME and data.tags[0].value == "train and test"

    (output,) = run.outputs.model_outputs
    model = client.get_logged_model(output.model_id)
    assert model.status == "READY" and [(m.key, m.value) for m in model.metrics] == [(SCORE, 0.5)]
    stored = Path(model.artifact_location.removeprefix("file://"), "weights.safetensors")
    assert stored.read_bytes() == tracked.WEIGHTS


def test_a_store_whose_folder_was_moved_finds_its_files(tmp_path, monkeypatch, empty):
    """Files of older runs are read from the new place, and those of newer runs are written there."""
    old, new = tmp_path / "old", tmp_path / "a new place"
    old.mkdir()
    monkeypatch.chdir(old)
    first, second = tracked.make(old)
    shutil.copyfile(empty, old / "mlflow.db")
    track([first], old / "mlflow.db")
    old.rename(new)
    monkeypatch.chdir(new)
    track([first, second], new / "mlflow.db")
    client, runs = runs_of(new / "mlflow.db")
    seeds = [run for name, run in runs.items() if " seed " in name]
    assert len(seeds) == 2
    for run in seeds:
        assert run.info.artifact_uri.startswith(f"{new.as_uri()}/")
        assert list(Path(client.download_artifacts(run.info.run_id, "records")).iterdir())
    assert not old.exists()


def test_files_that_somebody_keeps_elsewhere_stay_there(tmp_path, database):
    client = MlflowClient(f"sqlite:///{database}")
    elsewhere = (tmp_path / "other/mlartifacts/mine").as_uri()
    own = client.create_experiment("mine", elsewhere)
    with Tracker(database).opened():
        pass
    assert client.get_experiment(own).artifact_location == elsewhere


def test_a_parent_has_the_means_over_its_seeds(tmp_path, monkeypatch, database):
    monkeypatch.chdir(tmp_path)
    records = tracked.make(tmp_path, seeds=(0, 1, 2))
    track(None, database)
    client, runs = runs_of(database)
    parent = runs["halo (tiny)"]
    assert parent.data.metrics[SCORE] == 0.75 and parent.data.metrics["seeds"] == 3
    assert parent.data.metrics[f"standard_deviation/{SCORE}"] == pytest.approx(0.25)
    assert parent.data.metrics["cost/core_hours"] == pytest.approx(0.3)
    assert parent.data.metrics["cost/core_hours_of_all"] == pytest.approx(0.9)
    assert [point.value for point in client.get_metric_history(parent.info.run_id, "loss/total")] == [3, 2]
    assert parent.data.params == {"system": "halo", "training.lr": "0.1"}
    assert "means over the seeds 0, 1, 2" in parent.data.tags["mlflow.note.content"]

    records[2].write_text(records[2].read_text().replace('"value": 1.0', '"value": 0.25'))
    track(records[2:3], database)
    client, runs = runs_of(database)
    assert runs["halo (tiny)"].data.metrics[SCORE] == 0.5
    assert runs["halo (tiny)"].info.run_id == parent.info.run_id


def test_a_record_made_again_supersedes(names, database):
    track(names, database)
    names[0].write_text(names[0].read_text().replace("0.5", "0.75"))
    track(names, database)
    client = MlflowClient(f"sqlite:///{database}")
    experiment = client.get_experiment_by_name(NAME).experiment_id
    runs = [run for run in client.search_runs([experiment]) if run.info.run_name == "halo seed 0"]
    assert {run.data.tags["status"]: run.data.metrics[SCORE] for run in runs} == {"superseded": 0.5, "ok": 0.75}


def test_weights_that_are_too_large_or_not_those_of_the_record_are_left_out(names, database, tmp_path):
    (tmp_path / tracked.MODEL_RUN / "weights.safetensors").write_bytes(b"other")
    track(names, database)
    assert not runs_of(database)[1]["halo seed 0"].outputs.model_outputs


def test_files_that_come_later_are_added(names, database, tmp_path):
    tracker = Tracker(database)
    tracker.bring_up_to_date()
    film = tmp_path / "films/tiny/halo" / NAME / "seed0/swaps.gif"
    film.parent.mkdir(parents=True)
    film.write_bytes(b"film")
    track(None, database)
    client, runs = runs_of(database)
    assert len(runs) == 4
    assert [f.path for f in client.list_artifacts(runs["halo seed 0"].info.run_id, "films")] == ["films/swaps.gif"]


def test_a_training_appears_while_it_runs_and_its_run_becomes_that_of_its_record(names, database, tmp_path):
    (tmp_path / "hidden").mkdir()
    run = tmp_path / tracked.MODEL_RUN
    shutil.move(run, tmp_path / "hidden")
    record = names[0].rename(tmp_path / "hidden/record")
    state = tmp_path / "state" / tracked.MODEL_RUN / "0123abcd"
    log = tmp_path / "logs/train/tiny/halo" / NAME / "seed0.log"
    planned = tmp_path / f"fingerprints/tiny/train/halo/{NAME}.json"
    for folder in (state, log.parent, planned.parent):
        folder.mkdir(parents=True)
    (state / "token-1").write_text("")
    planned.write_text(json.dumps({"settings": tracked.SETTINGS}))
    title = f"halo {NAME} seed 0"
    log.write_text(f"{title}: 0/2501, 0.00/s\n{title}: 20/2501, 1.00/s total 7\n")
    tracker = Tracker(database)
    tracker.bring_up_to_date()
    client, runs = runs_of(database)
    first = runs["halo seed 0"]
    assert first.info.status == runs["halo (tiny)"].info.status == "RUNNING"
    assert first.data.metrics["loss/total"] == 7 and first.data.params["training.lr"] == "0.1"
    log.write_text(log.read_text() + f"{title}: 40/2501, 1.00/s total 5\n")
    tracker.bring_up_to_date()
    points = client.get_metric_history(first.info.run_id, "loss/total")
    assert [(point.step, point.value) for point in points] == [(20, 7), (40, 5)]

    shutil.rmtree(state)
    shutil.move(tmp_path / "hidden/seed0", run)
    tracker.bring_up_to_date()
    assert runs_of(database)[1]["halo seed 0"].data.tags["status"] == "trained, not evaluated yet"
    record.rename(names[0])
    tracker.bring_up_to_date()
    _, runs = runs_of(database)
    last = runs["halo seed 0"]
    assert last.info.run_id == first.info.run_id and last.info.status == runs["halo (tiny)"].info.status == "FINISHED"
    assert last.data.metrics[SCORE] == 0.5 and last.data.tags["status"] == "ok"
    steps = [point.step for point in client.get_metric_history(last.info.run_id, "loss/total")]
    assert len(steps) == len(set(steps)) and max(steps) == 2501


def test_a_record_that_cannot_be_read_is_named_and_left_out(names, database, capsys):
    names[1].write_text("[]")
    track(None, database)
    printed = capsys.readouterr()
    assert "mlflow.db: 1 new of 1 records" in printed.out
    assert f"{names[1]}: damaged record" in printed.err


def test_the_page_of_an_experiment_has_the_columns_that_matter(names, database):
    track(names, database)
    tags = MlflowClient(f"sqlite:///{database}").get_experiment_by_name(NAME).tags
    columns = json.loads(tags["mlflow.sharedViewState.columns"])["selectedColumns"]
    assert columns[:3] == ["tags.`learnt`", f"metrics.`{SCORE}`", "metrics.`seeds`"]
    assert "viewStateShareKey=columns" in tags["mlflow.note.content"]


def test_tables_are_stored_and_the_parents_link_to_them(names, database, tmp_path):
    for name in ("config", "params.yaml", "data"):
        (tmp_path / name).symlink_to(ROOT / name)
    for folder in (paths.PUBLISHED, paths.REPORTS):
        (tmp_path / folder).mkdir()
        for suffix in ("csv", "md", "tex", "html"):
            (tmp_path / folder / f"table1.{suffix}").write_text("a table")
    track(names, database)
    track(names, database)
    client, runs = runs_of(database)
    experiment = client.get_experiment_by_name("tables and figures")
    (table,) = client.search_runs([experiment.experiment_id])
    assert table.info.run_name == "table1 (published)" and table.data.tags["paper"] == "HALO"
    assert "table1.html" in {file.path for file in client.list_artifacts(table.info.run_id)}
    note = runs["halo (tiny)"].data.tags["mlflow.note.content"]
    assert (
        f"[table1 (published)](#/experiments/{experiment.experiment_id}/runs/{table.info.run_id}/artifacts/table1.html"
        in note
    )
    assert "https://arxiv.org/abs/2112.01641" in note


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"dataset": "../../x"}, "entry 'dataset'"),
        ({"model": "x/../y"}, "entry 'model'"),
        ({"run": "/etc"}, "entry 'run': the path '/etc' leaves the folder"),
        ({"run": "../other"}, "entry 'run': the path '../other' leaves the folder"),
    ],
)
def test_a_record_cannot_name_a_path_outside_the_project(names, tmp_path, database, changes, message):
    content = json.loads(names[0].read_text())
    names[0].write_text(json.dumps(content | changes))
    with pytest.raises(UserError, match=message):
        track(names[:1], database)
    assert [p.name for p in tmp_path.rglob("*.png*")] == ["samples.png"]


def test_no_message_shows_the_password_of_a_server(names, monkeypatch):
    monkeypatch.setenv(store.VARIABLE, "http://me:SECRET@127.0.0.1:9")
    with pytest.raises(UserError, match="http://127.0.0.1:9: ") as caught:
        track(names)
    assert "SECRET" not in str(caught.value)


def test_a_damaged_history_is_one_line(names, tmp_path, database):
    (tmp_path / tracked.MODEL_RUN / "history.jsonl").write_text("[]")
    with pytest.raises(UserError, match="history.jsonl: line 1 is damaged"):
        track(names, database)


def test_an_experiment_that_was_deleted_is_named_with_the_way_back(names, database):
    track(names, database)
    client = MlflowClient(f"sqlite:///{database}")
    client.delete_experiment(client.get_experiment_by_name(NAME).experiment_id)
    with pytest.raises(UserError, match="'sprites-drawn': was deleted .*mlflow experiments restore --experiment-id 1'"):
        track(names, database)


@pytest.mark.parametrize(
    "statement, advice",
    [
        (None, "move it away and repeat"),
        (b"\xff" * 4096, "malformed; move it away and repeat"),
        ("UPDATE alembic_version SET version_num = 'of another version'", "move it away|mlflow db upgrade"),
    ],
    ids=["no database", "damaged", "version"],
)
def test_a_database_that_cannot_be_used_is_one_line(names, database, statement, advice):
    if statement is None:
        database.write_bytes(b"no database" * 1000)
    elif isinstance(statement, bytes):
        content = database.read_bytes()
        database.write_bytes(content[:4096] + statement * (len(content) // 4096 - 1))
    else:
        with sqlite3.connect(database) as connection:
            connection.execute(statement)
    with pytest.raises(UserError, match=f"mlflow.db: .*({advice})") as caught:
        track(names, database)
    assert "\n" not in str(caught.value)


def test_mlflow_is_told_not_to_report_its_use_before_it_is_imported():
    code = "import os, sys; import latentmotion.pipeline.tracking.store;" + (
        "assert 'mlflow' not in sys.modules and os.environ['MLFLOW_DISABLE_TELEMETRY'] == 'true'"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW")}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)


def test_nothing_else_imports_mlflow():
    files = {file: file.read_text() for file in (ROOT / "src").rglob("*.py")}
    users = {file.parent.name for file, text in files.items() if "import mlflow" in text or "from mlflow" in text}
    assert users == {"tracking"}
