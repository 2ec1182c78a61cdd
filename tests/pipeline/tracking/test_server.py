"""Records are written to an MLflow server on another host, here one with PostgreSQL on the loopback interface."""

import http.server
import importlib.util
import os
import socket
import subprocess
import sys
import threading
import time

import pytest
from mlflow.tracking import MlflowClient
from support import tracked_runs as tracked
from support.services.mlflow_server import mlflow_server
from support.services.postgres import missing, postgres

from latentmotion.core.errors import UserError
from latentmotion.pipeline.tracking.track import track as track_here

LACKING = missing() + [name for name in ["psycopg2"] if not importlib.util.find_spec(name)]
needs_postgres = pytest.mark.skipif(
    bool(LACKING), reason=f"{', '.join(LACKING)} not found; apt-get install postgresql, pip install -e '.[cluster]'"
)
SECONDS = 30  # in which a store that cannot be used is known as such; MLflow alone tries for minutes


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with postgres() as database, mlflow_server(database, tmp_path_factory.mktemp("mlflow")) as address:
        yield address


def start(folder, uri: str, records) -> subprocess.Popen:
    command = [sys.executable, "-m", "latentmotion.cli", "track", *map(str, records)]
    environment = os.environ | {"MLFLOW_TRACKING_URI": uri}
    return subprocess.Popen(
        command, cwd=folder, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


def track(folder, uri: str, records) -> str:
    process = start(folder, uri, records)
    output, _ = process.communicate()
    assert process.returncode == 0, output
    return output.strip().splitlines()[-1]


@needs_postgres
def test_a_server_holds_each_record_once(server, tmp_path):
    records = tracked.make(tmp_path)
    both = [start(tmp_path, server, records) for _ in range(2)]  # one waits for the other
    last = sorted(process.communicate()[0].strip().splitlines()[-1] for process in both)
    assert last == [f"{server}: {count} new of 2 records" for count in (0, 2)]

    client = MlflowClient(server)
    experiment = client.get_experiment_by_name("sprites-drawn")
    runs = {run.info.run_name: run for run in client.search_runs([experiment.experiment_id])}
    assert sorted(runs) == ["halo (tiny)", "halo seed 0", "real (tiny)", "real seed 0"]
    run = runs["halo seed 0"]
    assert run.data.params == {"seed": "0", "system": "halo", "training.lr": "0.1"}
    assert run.data.metrics["motion-swap/action_accuracy"] == 0.5
    assert run.data.tags["dvc.run_md5"] == "abc.dir"
    curve = client.get_metric_history(run.info.run_id, "loss/total")
    assert len(curve) <= 1000 and curve[-1].step == 2501
    assert str(tmp_path) not in experiment.artifact_location  # on the server's disk, not the sender's
    assert (tmp_path / client.download_artifacts(run.info.run_id, "samples.png")).read_bytes() == b"picture"
    assert not list(tmp_path.rglob("*.db"))

    path = tmp_path / records[0]
    path.write_text(path.read_text().replace("0.5", "0.75"))
    assert track(tmp_path, server, records) == f"{server}: 1 new of 2 records"
    runs = client.search_runs([experiment.experiment_id], "tags.mlflow.runName = 'halo seed 0'")
    assert {run.data.tags["status"]: run.data.metrics["motion-swap/action_accuracy"] for run in runs} == {
        "superseded": 0.5,
        "ok": 0.75,
    }


@pytest.fixture
def refused(tmp_path, monkeypatch):
    """What `track` says, soon, of a store that it cannot use."""
    monkeypatch.chdir(tmp_path)
    records = tracked.make(tmp_path)

    def message(uri: str) -> str:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
        began = time.monotonic()
        with pytest.raises(UserError) as error:
            track_here(records)
        assert time.monotonic() - began < SECONDS
        assert "\n" not in str(error.value)
        return str(error.value)

    return message


def test_a_server_that_is_down_is_one_line_soon(refused):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        uri = f"http://127.0.0.1:{closed.getsockname()[1]}"
    line = refused(uri)
    assert line.startswith(f"{uri}: ") and "Connection refused" in line and "start `mlflow server` there" in line


def test_a_server_that_does_not_answer_is_one_line_soon(refused):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        line = refused(f"http://127.0.0.1:{silent.getsockname()[1]}")
    assert "timed out" in line


class Refusing(http.server.BaseHTTPRequestHandler):
    """Answers everything with the server's `code`."""

    def do_GET(self):
        self.send_error(self.server.code)

    do_POST = do_GET

    def log_message(self, *_):
        pass


@pytest.mark.parametrize(
    ("code", "said"),
    [(401, "set MLFLOW_TRACKING_USERNAME"), (403, "--allowed-hosts"), (404, "no MLflow at that address")],
)
def test_a_server_that_refuses_is_one_line(refused, code, said):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        server.code = code
        threading.Thread(target=server.serve_forever, daemon=True).start()
        assert said in refused(f"http://127.0.0.1:{server.server_port}")
        server.shutdown()


def test_a_path_is_one_line(refused):
    assert "'/srv/mlflow' is neither a server nor a database file" in refused("/srv/mlflow")
