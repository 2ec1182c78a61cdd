"""One experiment of MLflow: its runs by their key, and the view of its page that shows the columns that matter."""

import json
import tempfile
from pathlib import Path

from mlflow.entities import LifecycleStage, Metric, Param, RunTag
from mlflow.tracking import MlflowClient

from latentmotion.config.main_scores import MAIN
from latentmotion.core.errors import UserError
from latentmotion.pipeline.tracking.facts import safe

BATCH = 1000  # the most metrics, parameters and tags that the store takes at once
PARAMS = 100  # the most parameters among them
KEY, HASH, STATUS = "job.key", "job.record_hash", "status"
VIEW = "columns"  # the name of the view in the address of an experiment's page
WIDTH = 150  # of a column, in pixels
SCORES = 8  # the most columns of scores in a view
KIND = {"mlflow.experimentKind": "custom_model_development"}  # the page for training runs, not for language models
TRAINING_PAGES = "workflowType=machine_learning"  # in an address: MLflow's pages for trainings


class Experiment:
    """An experiment, which is made where it does not exist.

    Its runs are read once, so that one object serves one writer while it holds the lock of the store.
    """

    def __init__(self, client: MlflowClient, name: str, artifacts: str | None):
        """Raises UserError where the experiment was deleted on MLflow's page.

        Arguments:
            artifacts: the address of the folder for its files; None lets the server decide.
        """
        self.client, self.name = client, name
        found = client.get_experiment_by_name(name)
        if found and found.lifecycle_stage == LifecycleStage.DELETED:
            raise UserError(
                f"experiment '{name}': was deleted on MLflow's page; bring it back with 'mlflow experiments restore"
                f" --experiment-id {found.experiment_id}', and repeat"
            )
        self.id = found.experiment_id if found else client.create_experiment(name, artifacts, tags=KIND)
        self._runs: dict[str, list] = {}
        for run in self._all():
            self._runs.setdefault(run.data.tags.get(KEY, ""), []).append(run)

    def find(self, key: str) -> list:
        """The runs with a key, as they were when the experiment was opened or when they were made."""
        return self._runs.get(key, [])

    def start(self, key: str, name: str, tags: dict[str, str], start: int) -> str:
        """A new run that goes on; returns its id."""
        run = self.client.create_run(self.id, start_time=start, run_name=name, tags={KEY: key, **tags})
        self._runs.setdefault(key, []).append(run)
        return run.info.run_id

    def remove(self, run) -> None:
        """Deletes a run."""
        self.client.delete_run(run.info.run_id)
        self._runs[run.data.tags[KEY]].remove(run)

    def log(self, run_id: str, tags: dict[str, str], params: dict[str, str], metrics: list[Metric]) -> None:
        """Adds tags, parameters and metrics to a run, in as few requests as the store allows."""
        listed = [RunTag(name, value) for name, value in tags.items()]
        pairs = [Param(name, value) for name, value in params.items()]
        room = BATCH - len(listed) - len(pairs[:PARAMS])
        self.client.log_batch(run_id, metrics[:room], pairs[:PARAMS], listed)
        for first in range(PARAMS, len(pairs), PARAMS):
            self.client.log_batch(run_id, params=pairs[first : first + PARAMS])
        for first in range(room, len(metrics), BATCH):
            self.client.log_batch(run_id, metrics=metrics[first : first + BATCH])

    def store(self, run_id: str, files: list[tuple[Path, str]]) -> None:
        """Copies files to the artefacts of a run, each into a folder there; "" is the uppermost one."""
        with tempfile.TemporaryDirectory() as gathered:  # one request instead of one for each file
            for file, folder in files:
                Path(gathered, folder).mkdir(exist_ok=True)
                Path(gathered, folder, file.name).symlink_to(file.absolute())
            self.client.log_artifacts(run_id, gathered)

    def show(self, title: str, columns: list[str]) -> None:
        """Describes the experiment and stores the view of its runs with some columns, such as "metrics.`seeds`"."""
        address = self.page()
        view = {"selectedColumns": columns, "columnOrder": columns, "columnWidths": dict.fromkeys(columns, WIDTH)}
        tags = {
            "mlflow.note.content": f"{title}. [The runs with the columns that matter]({address})",
            f"mlflow.sharedViewState.{VIEW}": json.dumps(view),
        }
        known = self.client.get_experiment(self.id).tags
        for name, value in tags.items():
            if known.get(name) != value:
                self.client.set_experiment_tag(self.id, name, value)

    def page(self) -> str:
        """The address of that view, without the server's part."""
        return f"#/experiments/{self.id}/runs?{TRAINING_PAGES}&viewStateShareKey={VIEW}"

    def _all(self) -> list:
        found, token = [], None
        while True:
            page = self.client.search_runs([self.id], page_token=token)
            found, token = [*found, *page], page.token
            if not token:
                return found


def main_columns(scores: set[str]) -> list[str]:
    """The names of metrics that hold main scores: of each protocol and score one, whose name is the shortest."""
    found = []
    for protocol, names in MAIN.items():
        for name in names:
            whole = safe(f"{protocol}/{name}")
            fitting = [score for score in scores if score == whole or score.startswith(f"{whole}.")]
            found += sorted(fitting, key=lambda score: (len(score), score))[:1]
    return found[:SCORES]
