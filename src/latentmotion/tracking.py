"""The verb `track`: fills a local MLflow store from records. The only file that imports mlflow.

Training never waits for a tracker: records and histories are the truth, and the store can be made again from them. An
experiment is a dataset; in it a parent run a model, and nested in that a run a seed, found again by the tag `job.key`.
"""

import fcntl
import json
import os
import re
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import yaml

from latentmotion.records import digest, read_record

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

from mlflow.entities import Metric, Param
from mlflow.tracking import MlflowClient

POINTS = 1000
BATCH = 1000  # the most metrics that the store takes at once


def track(records: list[Path], database: Path) -> None:
    """Every record that is not yet in the store gets a run; one that was made again supersedes its older run."""
    database = Path(database).absolute()
    commit, stages = _commit(), _dvc_outs()
    added = 0
    with _only_writer(database):
        client = MlflowClient(tracking_uri=f"sqlite:///{database}")
        for path in records:
            record = read_record(path)
            experiment = _experiment(client, record["dataset"], database)
            added += _Store(client, experiment, commit, stages).add(Path(path), record)
    print(f"{database.name}: {added} new of {len(records)} records")


class _Store:
    """One experiment, and what is the same for all of its runs."""

    def __init__(self, client: MlflowClient, experiment: str, commit: str, dvc_outs: dict[str, str]):
        self.client, self.experiment, self.commit, self.dvc_outs = client, experiment, commit, dvc_outs

    def add(self, path: Path, record: dict) -> bool:
        """Whether the record was new."""
        key, content = path.as_posix(), digest(record)
        known = self._find(key)
        for run in known:
            if run.info.status != "FINISHED":  # left by a stopped `track`
                self.client.delete_run(run.info.run_id)
        known = [run for run in known if run.info.status == "FINISHED"]
        if any(run.data.tags["job.record_hash"] == content for run in known):
            return False
        for run in known:
            self.client.set_tag(run.info.run_id, "status", "superseded")
        run_id = self._start(
            f"{record['model']} seed {record['seed']}",
            {
                **self._tags(key, record),
                "job.record_hash": content,
                "mlflow.parentRunId": self._parent(record),
            },
        )
        self._fill(run_id, record)
        self.client.set_terminated(run_id)
        return True

    def _find(self, key: str) -> list:
        return self.client.search_runs([self.experiment], f"tags.`job.key` = '{key}'")

    def _start(self, name: str, tags: dict[str, str]) -> str:
        return self.client.create_run(self.experiment, run_name=name, tags=tags).info.run_id

    def _parent(self, record: dict) -> str:
        key = f"results/{record['scale']}/{record['model']}/{record['dataset']}"
        if found := self._find(key):
            return found[0].info.run_id
        tags = {"job.key": key, "stage": "evaluate", "scale": record["scale"], "source": record["source"]}
        parent = self._start(f"{record['model']} ({record['scale']})", tags)
        self.client.set_terminated(parent)
        return parent

    def _tags(self, key: str, record: dict) -> dict[str, str]:
        training = record.get("training") or {}
        tags = {
            "job.key": key,
            "record": key,
            "stage": record["verb"],
            "status": record.get("status", "ok"),
            "scale": record["scale"],
            "source": record["source"],
            "code": record["code"],
            "code.training": training.get("code", ""),
            "data": record["data"],
            "mlflow.source.git.commit": self.commit,
            "dvc.run_md5": self.dvc_outs.get(str(Path(record["run"]).parent), "") if record["run"] else "",
            "dvc.record_md5": self.dvc_outs.get(str(Path(key).parent), ""),
        }
        return {name: str(value) for name, value in tags.items() if value}

    def _fill(self, run_id: str, record: dict) -> None:
        now = int(time.time() * 1000)
        settings = {"seed": record["seed"], **((record.get("training") or {}).get("settings") or {})}
        params = [Param(name, str(value)) for name, value in _flat(settings)]
        scores = [Metric(f"{m['protocol']}/{_safe(m['metric'])}", m["value"], now, 0) for m in record["metrics"]]
        curves = []
        if record["run"]:
            curves = [Metric(_safe(name), value, now, step) for name, value, step in _curves(Path(record["run"]))]
        metrics = [*scores, *curves]
        self.client.log_batch(run_id, params=params)
        for start in range(0, len(metrics), BATCH):
            self.client.log_batch(run_id, metrics=metrics[start : start + BATCH])
        if record["run"] and (samples := Path(record["run"]) / "samples.png").is_file():
            self.client.log_artifact(run_id, str(samples))


@contextmanager
def _only_writer(database: Path):
    """Two processes that open a fresh store at once break it."""
    with open(database.with_name(f"{database.name}.lock"), "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _experiment(client: MlflowClient, name: str, database: Path) -> str:
    if found := client.get_experiment_by_name(name):
        return found.experiment_id
    place = (database.parent / "mlartifacts" / name).as_uri()
    tags = {"mlflow.experimentKind": "custom_model_development"}  # the page for training runs, not for language models
    return client.create_experiment(name, artifact_location=place, tags=tags)


def _flat(settings: dict, prefix: str = "") -> list[tuple[str, object]]:
    pairs = []
    for key, value in settings.items():
        name = f"{prefix}{key}"
        pairs += _flat(value, f"{name}.") if isinstance(value, dict) else [(name, value)]
    return pairs


def _safe(name: str) -> str:
    return re.sub(r"[^\w./ -]", ".", name)


def _curves(run: Path) -> list[tuple[str, float, int]]:
    """(name, value, step) of the history, thinned evenly to at most POINTS steps, the last one kept."""
    history = run / "history.jsonl"
    if not history.is_file():
        return []
    points = [json.loads(line) for line in history.read_text().splitlines()]
    every = -(-len(points) // POINTS)
    kept = points[::-1][::every][::-1]
    return [
        (name if "/" in name else f"loss/{name}", value, point["step"])
        for point in kept
        for name, value in point.items()
        if name != "step"
    ]


def _commit() -> str:
    done = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True)
    return done.stdout.strip()


def _dvc_outs() -> dict[str, str]:
    """Path -> md5 of every output that dvc.lock knows."""
    lock = Path("dvc.lock")
    stages = yaml.safe_load(lock.read_text())["stages"] if lock.is_file() else {}
    return {out["path"]: out["md5"] for stage in stages.values() for out in stage.get("outs", [])}
