"""One run of MLflow for each trained model and seed: settings, curves, scores, data, weights, films and records."""

from pathlib import Path

from mlflow.entities import Dataset, DatasetInput, InputTag, Metric

from latentmotion.core.files import digest
from latentmotion.core.names import below
from latentmotion.pipeline.tracking import facts
from latentmotion.pipeline.tracking.experiment import HASH, STATUS, Experiment
from latentmotion.pipeline.tracking.files import RunFiles
from latentmotion.pipeline.tracking.live import Live
from latentmotion.pipeline.tracking.times import Commits, Made

FORMAT = 2  # of what is stored; raise it when runs of the same records shall be made again
PARENT = "mlflow.parentRunId"
STAGE = "stage"


class Runs:
    """Writes the runs of one pass of `track`.

    Arguments:
        commits: when records were made.
        dvc_outs: path -> md5 of the outputs in dvc.lock.
        weights_mb: weights up to this size are stored as a logged model.
    """

    def __init__(self, commits: Commits, dvc_outs: dict[str, str], weights_mb: float):
        self.commits, self.dvc_outs, self.weights_mb = commits, dvc_outs, weights_mb

    def evaluated(self, experiment: Experiment, path: Path, record: dict, parent: str) -> bool:
        """Brings the run of an evaluation record up to date, and returns whether the record was new to the store."""
        key, content = path.as_posix(), digest([FORMAT, record])
        folder = below(Path(), record["run"], f"{path}: entry 'run'") if record.get("run") else None
        files = RunFiles(path, record, folder, self.weights_mb)
        known = [run for run in experiment.find(key) if HASH in run.data.tags]
        if same := [run for run in known if run.data.tags[HASH] == content]:
            files.log(experiment, same[-1].info.run_id, same[-1].data.tags)
            return False
        for run in known:
            experiment.client.set_tag(run.info.run_id, STATUS, "superseded")
        made, params = self.commits.made(path), facts.parameters(record)
        tags = self._tags(key, record, made) | {PARENT: parent}
        begun = _begun(experiment, key, params)
        start = begun.info.start_time if begun else made.start(facts.seconds(record))
        name = f"{record['model']} seed {record['seed']}"
        run_id = begun.info.run_id if begun else experiment.start(key, name, tags, start)
        losses = facts.curves(record, files.run)
        metrics = [
            *(Metric(name, value, made.end, 0) for name, value in (facts.scores(record) | facts.costs(record)).items()),
            *_curve(losses, start, (record.get("training") or {}).get("seconds") or 0, _logged(experiment, begun)),
        ]
        experiment.log(run_id, tags, params, metrics)
        experiment.client.log_inputs(run_id, [data(record)])
        files.log(experiment, run_id, {})
        experiment.client.set_tag(run_id, HASH, content)  # last: a run without it was left by a stopped `track`
        failed = record.get("status", "ok") != "ok"
        experiment.client.set_terminated(run_id, "FAILED" if failed else "FINISHED", made.end)
        return True

    def going_on(self, experiment: Experiment, training: Live, parent: str) -> bool:
        """Brings the run of a training up to date that has no evaluation yet, and returns whether it is new."""
        params = {"seed": str(training.seed), **facts.flat(training.settings)}
        found = _begun(experiment, training.key, params)
        if found and found.data.tags[STATUS] == training.status:
            return False
        tags = {
            STATUS: training.status,
            STAGE: "train",
            "scale": training.scale,
            PARENT: parent,
            **source(training.key),
        }
        name = f"{training.model} seed {training.seed}"
        run_id = found.info.run_id if found else experiment.start(training.key, name, tags, training.start)
        losses = facts.curves({}, training.run) if training.record else training.losses
        points = _curve(losses, training.start, training.seconds, _logged(experiment, found))
        experiment.log(run_id, tags, params, points)
        if training.end is None:
            experiment.client.update_run(run_id, "RUNNING")
        else:
            experiment.client.set_terminated(run_id, training.outcome, training.end)
        return not found

    def _tags(self, key: str, record: dict, made: Made) -> dict[str, str]:
        training = record.get("training") or {}
        tags = {
            "record": key,
            STAGE: record["verb"],
            STATUS: record.get("status", "ok"),
            "learnt": facts.learnt(record) if record.get("run") else "",
            "scale": record["scale"],
            "source": record["source"],
            "code": record["code"],
            "code.training": training.get("code", ""),
            "data": record["data"],
            "weights": training.get("weights", ""),
            "mlflow.source.git.commit": made.commit,
            "dvc.run_md5": self._md5(Path(record["run"])) if record.get("run") else "",
            "dvc.record_md5": self._md5(Path(key)),
            **source(key),
        }
        if why := record.get("learnt_why"):
            tags["mlflow.note.content"] = f"It has not learnt: {why}" if record.get("learnt") is False else why
        return {name: str(value) for name, value in tags.items() if value}

    def _md5(self, path: Path) -> str:
        """The md5 that dvc.lock holds for the output in which a path lies; empty where DVC does not know it."""
        return next((self.dvc_outs[str(folder)] for folder in path.parents if str(folder) in self.dvc_outs), "")


def source(target: str) -> dict[str, str]:
    """The tags that state which command makes a result again."""
    return {"mlflow.source.name": f"snakemake {target}", "mlflow.source.type": "JOB"}


def data(record: dict) -> DatasetInput:
    """The data set of a run as an input, marked with the splits that the run has used."""
    splits = ["train", record.get("split", "test")] if record.get("run") else [record.get("split", "test")]
    return DatasetInput(Dataset(**facts.dataset(record)), [InputTag("mlflow.data.context", " and ".join(splits))])


def _begun(experiment: Experiment, key: str, params: dict[str, str]):
    """The run of a training that had no evaluation when it was last seen; None where there is none.

    Runs of an earlier training with other settings, and those that a stopped `track` has left, are removed.
    """
    kept = None
    for run in list(experiment.find(key)):
        if HASH in run.data.tags:
            continue
        fits = all(params.get(name, value) == value for name, value in run.data.params.items())
        if run.data.tags.get(STAGE) == "train" and fits and kept is None:
            kept = run
        else:
            experiment.remove(run)
    return kept


def _logged(experiment: Experiment, run) -> set[tuple[str, int]]:
    """Name and step of the losses that a run has already."""
    names = [name for name in run.data.metrics if name.startswith("loss/")] if run else []
    return {
        (name, point.step) for name in names for point in experiment.client.get_metric_history(run.info.run_id, name)
    }


def _curve(
    points: list[tuple[str, float, int]], start: int, seconds: float, logged: set[tuple[str, int]]
) -> list[Metric]:
    """The points that are not logged yet. Their times are those of a training with a constant speed."""
    last = max((step for _, _, step in points), default=1) or 1
    return [
        Metric(facts.safe(name), value, start + round(1000 * seconds * step / last), step)
        for name, value, step in points
        if (name, step) not in logged
    ]
