"""The verb `ui`: MLflow's page of everything that is in this folder, which is brought up to date while it is open."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from latentmotion.core.errors import UserError, without_passwords
from latentmotion.pipeline.tracking import store
from latentmotion.pipeline.tracking.experiment import TRAINING_PAGES
from latentmotion.pipeline.tracking.track import Tracker

HOST = "127.0.0.1"
PORTS = range(5000, 5010)
EVERY = 15.0  # seconds between two looks at the folder
START_SECONDS = 120  # in which the server has to answer


def serve(port: int | None, database: Path | None, weights_mb: float) -> None:
    """Serves the page of a local store until Ctrl-C, and brings the store up to date while it does.

    Where MLFLOW_TRACKING_URI names a server, that one serves the page, and this process only brings it up to date.

    Raises UserError where the store cannot be used, the port is taken, or the server does not start.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that the server ends in this case too
    place = store.choose(database)
    tracker = Tracker(place, weights_mb)
    try:
        if isinstance(place, Path):
            if not place.exists():
                print(f"{place.name}: is made, which takes some seconds", flush=True)
            with tracker.opened():  # a new database has its tables before the server opens it
                address = f"http://{HOST}:{_free(port)}"
            with _server(tracker.uri, address) as server:
                _wait(server, address)
                _follow(tracker, address, server)
        else:
            _follow(tracker, place, None)
    except KeyboardInterrupt:
        print()


def _follow(tracker: Tracker, address: str, server: subprocess.Popen | None) -> None:
    """Prints the address of the experiments, fills the store, and goes on with both until the server ends."""
    shown = without_passwords(address)
    print(f"MLflow shows the experiments at {shown}/#/experiments?{TRAINING_PAGES}", flush=True)
    said, pages = "", {}
    while server is None or server.poll() is None:
        try:
            found = tracker.bring_up_to_date()
            line = f"{found.records} records, {found.going_on} trainings without one"
        except UserError as error:
            line = str(error)
        for name in sorted(set(tracker.pages) - set(pages)):
            print(f"  {name}: {shown}/{tracker.pages[name]}")
        pages = dict(tracker.pages)
        if line != said:
            print(f"{line}; Ctrl-C ends the page, and no training.", flush=True)
            said = line
        time.sleep(EVERY)
    raise UserError(f"the MLflow server has ended with code {server.returncode}; the lines above say why")


def _free(port: int | None) -> int:
    """The port that is asked for, or the first one of PORTS that is free."""
    for candidate in PORTS if port is None else [port]:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, candidate))
            except (OSError, OverflowError):
                continue
            return candidate
    taken = f"port {port}" if port is not None else f"ports {PORTS.start} to {PORTS.stop - 1}"
    raise UserError(f"{taken}: cannot be used, perhaps by another page that is open; name another one with --port")


@contextmanager
def _server(uri: str, address: str):
    """A running `mlflow server`, which ends with this process. What it prints is shown where it ends with an error."""
    port = address.rpartition(":")[2]
    command = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", uri, "--host", HOST, "--port", port]
    command += ["--workers", "1", "--uvicorn-opts", "--log-level warning"]
    environment = os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as log:
        process = subprocess.Popen(command, env=environment, start_new_session=True, stdout=log, stderr=log)
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
                process.wait()
            else:
                log.seek(0)
                print(log.read(), end="", file=sys.stderr)


def _wait(server: subprocess.Popen, address: str) -> None:
    """Returns when the server answers."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
    raise UserError(f"{address}: the MLflow server did not start; the lines above say why")
