"""An `mlflow server` on the loopback, over any database, that keeps artifacts itself as one on another host would."""

import os
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .process import free_port, running


@contextmanager
def mlflow_server(database: str, folder: Path) -> Iterator[str]:
    """The address of the server. Artifacts and its log lie in `folder`."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", database, "--workers", "1"]
    command += ["--artifacts-destination", str(folder / "artifacts"), "--host", "127.0.0.1", "--port", str(port)]
    environment = {name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"}
    # No telemetry, and no helper processes for judges of language models, which would double the start.
    environment |= {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    with running(command, lambda: _healthy(address), folder / "mlflow.log", env=environment, cwd=folder):
        yield address


def _healthy(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/health", timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False
