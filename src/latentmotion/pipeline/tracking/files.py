"""The files of a run that MLflow stores: records, samples, films, and the weights as a logged model."""

from functools import cached_property
from pathlib import Path

from mlflow.entities import LoggedModelOutput, LoggedModelStatus, Metric

from latentmotion.core.errors import UserError
from latentmotion.core.files import digest, file_digest
from latentmotion.core.records import Weights, read_record
from latentmotion.pipeline.tracking import facts
from latentmotion.pipeline.tracking.experiment import Experiment, main_columns

LOGGED = "job.files"  # the tag that states which files a run has
MB = 1_000_000


class RunFiles:
    """What lies on disk of an evaluated run.

    Arguments:
        path: the evaluation record, and `record` its content.
        folder: that of the trained run, if the record has one. It is used only where its weights are those that were
            evaluated.
        weights_mb: weights up to this size are stored.
    """

    def __init__(self, path: Path, record: dict, folder: Path | None, weights_mb: float):
        self.path, self.record, self.weights_mb = path, record, weights_mb
        self._folder = folder

    @cached_property
    def run(self) -> Path | None:
        """The folder of the trained run; None where it is not here, or has other weights by now."""
        stated = (self.record.get("training") or {}).get("weights")
        if self._folder is None or not stated:
            return None
        try:
            return self._folder if read_record(self._folder / "record.json", Weights)["weights"] == stated else None
        except UserError:
            return None

    def log(self, experiment: Experiment, run_id: str, tags: dict[str, str]) -> None:
        """Stores what the run does not have yet; `tags` are those that it had before."""
        files, weights = self._files(), self._weights()
        state = digest([[str(file), file.stat().st_size] for file, _ in files] + [weights is not None])
        if tags.get(LOGGED) == state:
            return
        experiment.store(run_id, files)
        if weights:
            self._log_model(experiment, run_id, weights)
        experiment.client.set_tag(run_id, LOGGED, state)

    def _files(self) -> list[tuple[Path, str]]:
        """The files, each with its folder among the artefacts."""
        found: list[tuple[Path, str]] = [(self.path, "records")]
        if self.run:
            films = Path("films", *self.run.parts[1:])
            found += [(self.run / "samples.png", ""), (self.run / "record.json", "records")]
            found += [(film, "films") for film in sorted(films.glob("*")) if film.is_file()]
        return [(file, folder) for file, folder in found if file.is_file()]

    def _weights(self) -> Path | None:
        file = self.run / "weights.safetensors" if self.run else None
        return file if file and file.is_file() and file.stat().st_size <= self.weights_mb * MB else None

    def _log_model(self, experiment: Experiment, run_id: str, weights: Path) -> None:
        """The weights and the record of their training as a logged model, with the main scores.

        Weights that are not those that were evaluated are left out.
        """
        client, record, training = experiment.client, self.record, self.record["training"]
        if file_digest(weights) != training["weights"]:
            return
        name = f"{record['model']}-{record['dataset']}-{record['scale']}-seed{record['seed']}"
        if client.search_logged_models([experiment.id], f"source_run_id = '{run_id}'"):
            return
        params = facts.parameters(record)
        model = client.create_logged_model(
            experiment.id, name, run_id, {"weights": training["weights"]}, params, training["settings"]["system"]
        )
        for file in (weights, self.run / "record.json"):
            client.log_model_artifact(model.model_id, str(file))
        client.finalize_logged_model(model.model_id, LoggedModelStatus.READY)
        client.log_outputs(run_id, [LoggedModelOutput(model.model_id, training.get("steps") or 0)])
        scores, data = facts.scores(record), facts.dataset(record)
        end = client.get_run(run_id).info.start_time
        of_model = {"model_id": model.model_id, "dataset_name": data["name"], "dataset_digest": data["digest"]}
        metrics = [Metric(name, scores[name], end, 0, **of_model) for name in main_columns(set(scores))]
        client.log_batch(run_id, metrics=metrics)
