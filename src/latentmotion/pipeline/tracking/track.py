"""The verb `track`, which fills an MLflow store, a local one or that of a server, from what lies in this folder.

Training does not depend on a tracker: records and histories hold every number, and the store can be made again from
them. Nothing of a training is touched, and no lock of Snakemake is needed, so that trainings appear while they run.

An experiment holds the runs of one data set. Each model has a parent run in it with the means over its seeds, and each
seed a run below that one, which is found again by its tag `job.key`. One more experiment has the tables and figures.
Only the modules of this folder import mlflow.
"""

import fcntl
import os
import sqlite3
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import yaml
from mlflow.tracking import MlflowClient
from sqlalchemy import event
from sqlalchemy.engine import Engine

from latentmotion.config import paths
from latentmotion.core.errors import UserError, without_passwords
from latentmotion.core.files import digest, unwritable
from latentmotion.core.records import Evaluation, read_record
from latentmotion.pipeline.tracking import live, store
from latentmotion.pipeline.tracking.errors import one_line
from latentmotion.pipeline.tracking.experiment import Experiment
from latentmotion.pipeline.tracking.facts import seconds
from latentmotion.pipeline.tracking.parents import Family, columns, parent, summarise
from latentmotion.pipeline.tracking.reports import COLUMNS, log_reports
from latentmotion.pipeline.tracking.reports import NAME as REPORTS
from latentmotion.pipeline.tracking.runs import Runs
from latentmotion.pipeline.tracking.shown import Shown
from latentmotion.pipeline.tracking.times import Commits

# The first request to a server: MLflow's own settings (120 s, 7 tries more) would wait for minutes on one that is down.
IMPATIENT = {"MLFLOW_HTTP_REQUEST_TIMEOUT": "10", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}
SERVER_LOCK = Path("state/track.lock")
WEIGHTS_MB = 100.0


def track(records: list[Path] | None, database: Path | None = None, weights_mb: float = WEIGHTS_MB) -> None:
    """Every record that is not yet in the store gets a run; one that was made again supersedes its older run.

    Arguments:
        records: evaluation records, by the paths that the store knows them by: relative to the project's folder. None
            stands for all that there are, and then trainings without a record are stored too.
        database: a local store; without it, see store.choose().
        weights_mb: weights up to this size are stored as logged models.

    Raises:
        UserError: the store cannot be written, or a record that was named cannot be read. What was added until then
            stays.
    """
    place = store.choose(database)
    found = Tracker(place, weights_mb).bring_up_to_date(records)
    name = place.name if isinstance(place, Path) else without_passwords(place)
    going_on = f", {found.going_on} trainings without a record" if found.going_on else ""
    print(f"{name}: {found.new} new of {found.records} records{going_on}")


@dataclass
class Found:
    """What a pass has found: records, those that were new, and trainings without a record."""

    records: int = 0
    new: int = 0
    going_on: int = 0


class Tracker:
    """Brings one store up to date, as often as it is asked to. Experiments without a change cost nothing.

    Arguments:
        place: the database file, or the address of a server.
    """

    def __init__(self, place: str | Path, weights_mb: float = WEIGHTS_MB):
        self.place, self.weights_mb = place, weights_mb
        self.pages: dict[str, str] = {}  # name of an experiment -> its address below that of the server
        self._records: dict[Path, tuple[tuple, dict]] = {}
        self._done: dict[str, str] = {}

    @property
    def local(self) -> bool:
        """Whether the store is a database file."""
        return isinstance(self.place, Path)

    @property
    def uri(self) -> str:
        """MLflow's address of the store."""
        return f"{store.SQLITE}{self.place}" if self.local else str(self.place)

    def bring_up_to_date(self, records: list[Path] | None = None) -> Found:
        """One pass over the given records, or over all that there is. Raises UserError as `track` does."""
        with self.opened() as client:
            seen = {path: read_record(path, Evaluation) for path in records} if records is not None else self._all()
            trainings = live.trainings() if records is None else []
            found = Found(len(seen), 0, len(trainings))
            shown, commits = Shown.here(), Commits("results", paths.PUBLISHED)
            links = self._reports(client, shown, commits)
            runs = Runs(commits, _dvc_outs(), self.weights_mb)
            for dataset in sorted({place.dataset for place in trainings} | {r["dataset"] for r in seen.values()}):
                own = {path: record for path, record in seen.items() if record["dataset"] == dataset}
                begun = [training for training in trainings if training.dataset == dataset]
                state = digest([*map(_state, own), [[t.key, t.status] for t in begun], links])
                if self._done.get(dataset) != state:
                    found.new += self._dataset(client, dataset, own, begun, shown, runs, links)
                    self._done[dataset] = state
        return found

    def _dataset(self, client, dataset: str, seen: dict, trainings: list, shown: Shown, runs: Runs, links: dict) -> int:
        """Fills the experiment of a data set; returns how many records were new."""
        experiment = self._experiment(client, dataset)
        families = _families(seen, trainings, runs.commits)
        parents, new = {}, 0
        for key, family in families.items():
            starts = [made.start(seconds(record)) for record, made in zip(family.records, family.made, strict=True)]
            starts += [training.start for training in trainings if _key(training) == key]
            parents[key] = parent(experiment, family, min(starts))
        for path, record in seen.items():
            key = (record["scale"], record["model"], record["dataset"])
            new += runs.evaluated(experiment, path, record, parents[key])
        for training in trainings:
            runs.going_on(experiment, training, parents[_key(training)])
        for key, family in families.items():
            active = any(training.end is None for training in trainings if _key(training) == key)
            summarise(experiment, family, parents[key], active, shown, links)
        experiment.show(f"All models on {shown.dataset(dataset)}", columns(list(seen.values())))
        self.pages[dataset] = experiment.page()
        return new

    def _reports(self, client: MlflowClient, shown: Shown, commits: Commits) -> dict[str, str]:
        """Stores the tables and figures, and returns the address of each below that of the server."""
        if not shown.reports:
            return {}
        state = digest([_state(file) for report in shown.reports for file in report.files])
        if self._done.get(REPORTS) != state:
            experiment = self._experiment(client, REPORTS)
            self._links = log_reports(experiment, shown, commits)
            experiment.show("The tables and figures that exist", COLUMNS)
            self.pages[REPORTS] = experiment.page()
            self._done[REPORTS] = state
        return self._links

    def _all(self) -> dict[Path, dict]:
        """Every evaluation record of this folder; one that cannot be read is named and left out."""
        found = {}
        for path in sorted(Path("results").glob("*/*/*/seed*.json")):
            state = tuple(_state(path))
            if self._records.get(path, (None,))[0] != state:
                try:
                    self._records[path] = (state, read_record(path, Evaluation))
                except UserError as error:
                    print(error, file=sys.stderr)
                    self._records[path] = (state, {})
            if record := self._records[path][1]:
                found[path] = record
        return found

    def _experiment(self, client: MlflowClient, name: str) -> Experiment:
        """An experiment; its files are beside a local database, or where the server puts them."""
        return Experiment(client, name, f"{store.files(self.place)}/{quote(name)}" if self.local else None)

    @contextmanager
    def opened(self):
        """The client of the store, which no other process writes in the meantime."""
        lock = self.place.with_name(f"{self.place.name}.lock") if self.local else SERVER_LOCK
        with _only_writer(lock), one_line(self.place):
            if self.local:
                store.follow(self.place)
            client = MlflowClient(tracking_uri=self.uri)
            if not self.local:
                _ask(client)
            yield client


def _families(seen: dict[Path, dict], trainings: list, commits: Commits) -> dict[tuple[str, str, str], Family]:
    """The families of some records and trainings, each with the records that lie beside these and can be read."""
    found: dict[tuple[str, str, str], Family] = {}
    members: dict[tuple[str, str, str], dict[Path, dict]] = {}
    for path, record in seen.items():
        members.setdefault((record["scale"], record["model"], record["dataset"]), {})[path] = record
    for key, own in members.items():
        for beside in {file for path in own for file in path.parent.glob("seed*.json")} - set(own):
            with suppress(UserError):
                own[beside] = read_record(beside, Evaluation)
        paths = sorted(own)
        found[key] = Family(*key, [own[path] for path in paths], [commits.made(path) for path in paths])
    for training in trainings:
        found.setdefault(_key(training), Family(*_key(training), [], []))
    return found


def _key(training: live.Live) -> tuple[str, str, str]:
    return training.scale, training.model, training.dataset


def _state(file: Path) -> list:
    """What changes when a file changes."""
    if not file.is_file():
        return [str(file)]
    facts = file.stat()
    return [str(file), facts.st_mtime_ns, facts.st_size]


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


@event.listens_for(Engine, "connect")
def _without_waiting_for_the_disk(connection: object, _: object) -> None:
    """SQLite waits for the disk thousands of times while a store is filled, which takes longer than all else.

    This process does not wait. A power failure meanwhile may damage the store, which is made again from the records.
    """
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA synchronous=OFF")


def _ask(client: MlflowClient) -> None:
    """Sends one request with a short time limit, so that a server that is down is noticed at once."""
    before = dict(os.environ)
    os.environ.update(IMPATIENT)
    try:
        client.search_experiments(max_results=1)
    finally:
        os.environ.clear()
        os.environ.update(before)


def _dvc_outs() -> dict[str, str]:
    """Path -> md5 of every output in dvc.lock."""
    lock = Path("dvc.lock")
    stages = yaml.safe_load(lock.read_text(encoding="utf-8"))["stages"] if lock.is_file() else {}
    return {out["path"]: out["md5"] for stage in stages.values() for out in stage.get("outs", [])}
