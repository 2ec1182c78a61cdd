"""The verb `track`, which fills an MLflow store, a local one or that of a server, from records.

Training does not depend on a tracker: records and histories hold every number, and the store can be made again from
them. An experiment holds the runs of one dataset. Each model has a parent run in it, and each seed a run below that
one, which is found again by its tag `job.key`. No other file imports mlflow.
"""

import fcntl
import os
import re
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import yaml

from latentmotion.core.errors import UserError, without_passwords
from latentmotion.core.files import digest, unwritable
from latentmotion.core.history import read_history
from latentmotion.core.names import below
from latentmotion.core.records import Evaluation, read_record
from latentmotion.pipeline import mlflow_store

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

import requests
from alembic.util.exc import CommandError
from mlflow.entities import LifecycleStage, Metric, Param
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient
from sqlalchemy.exc import SQLAlchemyError

POINTS = 1000
BATCH = 1000  # the most metrics that the store takes at once
# The first request to a server: MLflow's own settings (120 s, 7 tries more) would wait for minutes on one that is down.
IMPATIENT = {"MLFLOW_HTTP_REQUEST_TIMEOUT": "10", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}
SERVER_LOCK = Path("state/track.lock")


def track(records: list[Path], database: Path | None = None) -> None:
    """Every record that is not yet in the store gets a run; one that was made again supersedes its older run.

    Arguments:
        records: evaluation records, by the paths that the store knows them by: relative to the project's folder.
        database: a local store; without it, see mlflow_store.choose().

    Raises:
        UserError: the store cannot be written, or a record cannot be read. What was added until then stays.
    """
    place = mlflow_store.choose(database)
    local = isinstance(place, Path)
    commit, stages = _commit(), _dvc_outs()
    added = 0
    with _only_writer(place.with_name(f"{place.name}.lock") if local else SERVER_LOCK), _one_line(place):
        client = MlflowClient(tracking_uri=f"{mlflow_store.SQLITE}{place}" if local else place)
        if not local:
            _ask(client)
        for path in records:
            record = read_record(path, Evaluation)
            run = below(Path(), record["run"], f"{path}: entry 'run'") if record.get("run") else None
            experiment = _experiment(client, record["dataset"], place.parent / "mlartifacts" if local else None)
            added += _Store(client, experiment, commit, stages).add(Path(path), record, run)
    print(f"{place.name if local else without_passwords(place)}: {added} new of {len(records)} records")


class _Store:
    """One experiment of the store, and what all of its runs have in common."""

    def __init__(self, client: MlflowClient, experiment: str, commit: str, dvc_outs: dict[str, str]):
        self.client, self.experiment, self.commit, self.dvc_outs = client, experiment, commit, dvc_outs

    def add(self, path: Path, record: dict, run_folder: Path | None) -> bool:
        """Adds a record unless the store has it, and returns whether it was new."""
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
        self._fill(run_id, record, run_folder)
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
            "dvc.run_md5": self._md5(Path(record["run"])) if record.get("run") else "",
            "dvc.record_md5": self._md5(Path(key)),
        }
        return {name: str(value) for name, value in tags.items() if value}

    def _md5(self, path: Path) -> str:
        """The md5 that dvc.lock holds for the output in which a path lies; empty where DVC does not know it."""
        return next((self.dvc_outs[str(folder)] for folder in path.parents if str(folder) in self.dvc_outs), "")

    def _fill(self, run_id: str, record: dict, run_folder: Path | None) -> None:
        now = int(time.time() * 1000)
        settings = {"seed": record["seed"], **((record.get("training") or {}).get("settings") or {})}
        params = [Param(name, str(value)) for name, value in _flat(settings)]
        scores = [Metric(f"{m['protocol']}/{_safe(m['metric'])}", m["value"], now, 0) for m in record["metrics"]]
        curves = []
        if run_folder:
            curves = [Metric(_safe(name), value, now, step) for name, value, step in _curves(run_folder)]
        metrics = [*scores, *curves]
        self.client.log_batch(run_id, params=params)
        for start in range(0, len(metrics), BATCH):
            self.client.log_batch(run_id, metrics=metrics[start : start + BATCH])
        if run_folder and (samples := run_folder / "samples.png").is_file():
            self.client.log_artifact(run_id, str(samples))


@contextmanager
def _only_writer(lock: Path):
    """Holds a lock, because two processes that open a new store at once break it, and would both add the same runs."""
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        file = open(lock, "w", encoding="utf-8")  # noqa: SIM115 - held until the end
    except OSError as error:
        raise unwritable(lock, error) from None
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def _one_line(place: str | Path):
    """Turns an error of MLflow, which may take many lines, into a UserError with one line that names what to do."""
    try:
        yield
    except (MlflowException, requests.RequestException, SQLAlchemyError, CommandError) as error:
        reason = re.split(r"Caused by \w+\(|: ", str(error).splitlines()[0])[-1].strip("\"'() ")
        advice = "start `mlflow server` there, or correct MLFLOW_TRACKING_URI"
        if isinstance(place, Path):
            advice = _local_advice(str(error), place)
        match getattr(error, "error_code", None):
            case "UNAUTHENTICATED":
                reason, advice = (
                    "asks for a user name and a password",
                    "set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD",
                )
            case "PERMISSION_DENIED":
                reason = "refuses you"
                advice = "ask for the right to write, or for this host's name in its --allowed-hosts"
            case "ENDPOINT_NOT_FOUND":
                reason = "there is no MLflow at that address"
        raise UserError(f"{place}: {reason}; {advice}") from None


def _local_advice(message: str, place: Path) -> str:
    """What to do about a database file that MLflow cannot use. Everything in it can be made again from the records."""
    if "locked" in message:
        return "another program writes to it; wait for it and repeat"
    if "out-of-date" in message or "schema" in message:
        return f"upgrade it with 'mlflow db upgrade {mlflow_store.SQLITE}{place}' and repeat"
    return "move it away and repeat: it is made again from the records"


def _ask(client: MlflowClient) -> None:
    """Sends one request with a short time limit, so that a server that is down is noticed at once."""
    before = dict(os.environ)
    os.environ.update(IMPATIENT)
    try:
        client.search_experiments(max_results=1)
    finally:
        os.environ.clear()
        os.environ.update(before)


def _experiment(client: MlflowClient, name: str, artifacts: Path | None) -> str:
    """The experiment's id; a new one keeps its files under `artifacts`, or where its server puts them."""
    if found := client.get_experiment_by_name(name):
        if found.lifecycle_stage == LifecycleStage.DELETED:
            raise UserError(
                f"experiment '{name}': was deleted on MLflow's page; bring it back with 'mlflow experiments restore"
                f" --experiment-id {found.experiment_id}', and repeat"
            )
        return found.experiment_id
    location = (artifacts / name).as_uri() if artifacts else None
    tags = {"mlflow.experimentKind": "custom_model_development"}  # the page for training runs, not for language models
    return client.create_experiment(name, artifact_location=location, tags=tags)


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
    points = read_history(history)
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
    """Path -> md5 of every output in dvc.lock."""
    lock = Path("dvc.lock")
    stages = yaml.safe_load(lock.read_text(encoding="utf-8"))["stages"] if lock.is_file() else {}
    return {out["path"]: out["md5"] for stage in stages.values() for out in stage.get("outs", [])}
