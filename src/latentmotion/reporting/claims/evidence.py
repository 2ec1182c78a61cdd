"""The records of one scale, and what keeps a run from being evidence."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from latentmotion.config.catalogue import REAL, dataset_name
from latentmotion.core.records import read_record
from latentmotion.reporting.claims.measures import Measure

UNSTATED = "no record states that the run has learnt"


@dataclass(frozen=True, order=True)
class Reason:
    """Why something cannot be decided: what is wrong, and of which model, where it is a model that is at fault."""

    text: str
    model: str = ""


@dataclass(frozen=True)
class Evidence:
    """The evaluation records of one scale.

    Arguments:
        scale: its name.
        runs: (model, id of a data set) -> seed -> record; the real data are the model REAL with seed 0.
        planned: data set -> the models that params.yaml trains on it.
    """

    scale: str
    runs: Mapping[tuple[str, str], Mapping[int, dict]]
    planned: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, scale: str, records: Iterable[dict], planned: Mapping[str, Sequence[str]]) -> "Evidence":
        """Sorts the records by model, data set and seed; those of other verbs and of other splits are left out."""
        runs: dict[tuple[str, str], dict[int, dict]] = {}
        for record in records:
            scored = record["status"] != "ok" or record["split"] == "test"
            if record.get("verb") == "evaluate" and record["scale"] == scale and scored:
                runs.setdefault((record["model"], record["dataset"]), {})[record["seed"]] = record
        return cls(scale, {key: dict(sorted(found.items())) for key, found in runs.items()}, planned)

    @classmethod
    def read(cls, folder: Path, planned: Mapping[str, Sequence[str]]) -> "Evidence":
        """Every record FOLDER/<model>/<data set>/seed<n>.json; the folder bears the name of the scale."""
        folder = Path(folder)
        return cls.of(folder.name, map(read_record, record_files(folder)), planned)

    def of_run(self, model: str, dataset: str) -> Mapping[int, dict]:
        """The records of one model on one data set by seed; empty where there are none."""
        return self.runs.get((model, dataset), {})

    def real(self, dataset: str) -> dict | None:
        """The record of the real test sequences."""
        return self.of_run(REAL, dataset).get(0)

    def ids(self, name: str) -> list[str]:
        """The ids under which a data set has records of trained runs: the real data, the stand-in, or both."""
        found = {dataset for model, dataset in self.runs if model != REAL and dataset_name(dataset) == name}
        return sorted(found)

    def trains(self, model: str, dataset: str) -> bool:
        """Whether a model has records on a data set, or is meant to be trained on it."""
        return (model, dataset) in self.runs or model in self.planned.get(dataset_name(dataset), ())

    def faults(self, model: str, dataset: str, seeds: Iterable[int], measures: Iterable[Measure]) -> list[Reason]:
        """Why the runs of one model cannot be evidence; empty where nothing speaks against them.

        A run must have ended with numbers, must have learnt, and must be judged by judges that reach their floor. All
        seeds must have the same settings, and must be scored on the data of the record of the real data.
        """
        runs = self.of_run(model, dataset)
        if not runs:
            return [Reason("no record" if self.trains(model, dataset) else "params.yaml does not train it", model)]
        found = [Reason(f"seed {seed}: {record['status']}", model) for seed, record in runs.items() if _failed(record)]
        used = {seed: runs[seed] for seed in seeds if seed in runs and not _failed(runs[seed])}
        found += _unlearnt(model, used)
        found += _differences(model, used.values(), self.real(dataset))
        weak = {
            (label, judge["test_accuracy"], judge["floor"])
            for record in used.values()
            for measure in measures
            for label in measure.judged(record)
            if (judge := record.get("judges", {}).get(label)) and judge["weak"]
        }
        return found + [
            Reason(f"the judge of {label} has an accuracy of {accuracy:.3f}, below its floor of {floor}")
            for label, accuracy, floor in sorted(weak)
        ]


def record_files(folder: Path) -> list[Path]:
    """The evaluation records below the folder of a scale."""
    return sorted(Path(folder).glob("*/*/seed*.json"))


def _failed(record: dict) -> bool:
    return record["status"] != "ok"


def _unlearnt(model: str, runs: Mapping[int, dict]) -> list[Reason]:
    """A record without the key `learnt` counts as one of a run that has not learnt."""
    if runs and all("learnt" not in record for record in runs.values()):
        return [Reason(UNSTATED, model)]
    return [
        Reason(f"seed {seed} has not learnt ({(record.get('learnt_why') or UNSTATED).rstrip('.')})", model)
        for seed, record in runs.items()
        if record.get("learnt") is not True
    ]


def _differences(model: str, records: Iterable[dict], real: dict | None) -> list[Reason]:
    records, found = list(records), []
    settings = [(record.get("training") or {}).get("settings") for record in records]
    if any(other != settings[0] for other in settings[1:]):
        found.append(Reason("the seeds were trained with different settings", model))
    if real is not None and any(record.get("data") != real.get("data") for record in records):
        found.append(Reason("made from other data than the record of the real data", model))
    return found


def different_networks(measures: Iterable[Measure], groups: Iterable[Iterable[dict]]) -> list[Reason]:
    """The reason that records which are compared were not scored by the same networks; empty where they were.

    A distance between features of one network says nothing beside that of another, and a judge that was trained again
    decides otherwise in single cases.

    Arguments:
        groups: the records that are compared with each other, such as those of one seed.
    """
    names = {
        name
        for group, measure in product([list(group) for group in groups], list(measures))
        for name, weights in scored_by(measure, group).items()
        if len(weights) > 1
    }
    return [Reason(f"different networks have scored what is compared: {', '.join(sorted(names))}")] if names else []


def scored_by(measure: Measure, records: Iterable[dict]) -> dict[str, set[str]]:
    """The networks behind a measure: name -> the digests of the weights that the records have."""
    found: dict[str, set[str]] = {}
    for record in records:
        for name, weights in measure.networks(record).items():
            found.setdefault(name, set()).add(weights)
    return found
