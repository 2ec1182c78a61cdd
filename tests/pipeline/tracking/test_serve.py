"""MLflow's page is served at once, and ends with the command."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest
from support import tracked_runs as tracked

from latentmotion.core.errors import UserError
from latentmotion.pipeline.tracking.serve import serve

SECONDS = 240  # as long as a busy machine may need


def test_the_page_has_every_record_and_the_address_of_the_experiments(tmp_path):
    tracked.make(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "latentmotion.cli", "ui", "--port", str(port)]
    page = subprocess.Popen(command, cwd=tmp_path, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        printed, until = "", time.monotonic() + SECONDS
        while "2 records" not in printed and page.poll() is None and time.monotonic() < until:
            printed += page.stdout.readline()
        address = f"http://127.0.0.1:{port}"
        assert f"MLflow shows the experiments at {address}/#/experiments" in printed
        assert re.search(rf"sprites-drawn: {address}/#/experiments/1/runs\?.*viewStateShareKey=columns", printed)
        with urllib.request.urlopen(f"{address}/health", timeout=60) as answer:
            assert answer.status == 200
    finally:
        os.kill(page.pid, signal.SIGTERM)
        page.communicate()
    with socket.create_server(("127.0.0.1", port)):
        pass  # nobody listens there any more


def test_a_port_that_is_taken_is_one_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=f"port {port}: cannot be used.*--port"):
            serve(port, tmp_path / "mlflow.db", 1.0)
