"""MLflow: its store and page of what is in this folder. The verbs are `track` (track.py) and `ui` (serve.py)."""

import os

# MLflow reads both when it is imported. It reports its use to its makers unless it is told not to.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")
