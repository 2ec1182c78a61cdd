"""The titles of models and data sets in reports, which params.yaml gives and `report_settings` passes on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from latentmotion.config.catalogue import REAL, dataset_name

MARK = "‡"  # of results of a run that has not learnt
REAL_DATA = "real data"  # the row of the real test sequences, which no entry of params.yaml describes


@dataclass(frozen=True)
class Titles:
    """The titles of a report's models and data sets.

    A model or data set without a title has its name as the title. The methods take the id of a data set: its name, or
    `<name>-drawn` for the embedded stand-in, which has a title and an origin of its own.
    """

    models: Mapping[str, str]
    datasets: Mapping[str, Mapping[str, Any]]
    marked: frozenset[str] = frozenset()  # "<model>/<data set>/seed<n>" of every run that has not learnt

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> "Titles":
        """The titles in a report's settings."""
        titles, marked = settings["titles"], frozenset(settings.get("marked", ()))
        return cls(titles["models"], titles["datasets"], marked)

    def model(self, name: str) -> str:
        """The title of a model; the real data counts as one."""
        return REAL_DATA if name == REAL else self.models.get(name, name)

    def of_run(self, run: str) -> str:
        """The title of the model of a run "<model>/<data set>/seed<n>", marked where the run has not learnt."""
        title = self.model(run.split("/")[0])
        return f"{title} {MARK}" if run in self.marked else title

    def dataset(self, identifier: str) -> str:
        """The title of a data set; a stand-in without one is the real title with "(drawn)" behind it."""
        name = dataset_name(identifier)
        real = self._described(identifier).get("title") or name.replace("_", " ")
        if identifier == name:
            return real
        return self._stand_in(identifier).get("title") or f"{real} (drawn)"

    def published(self, identifier: str) -> str:
        """What the papers call the real data set."""
        return self._described(identifier).get("published_as") or self.dataset(dataset_name(identifier))

    def origin(self, identifier: str) -> str:
        """The origin of the data as params.yaml describes it, in full sentences; empty where it does not."""
        drawn = identifier != dataset_name(identifier)
        return (self._stand_in(identifier) if drawn else self._described(identifier)).get("origin") or ""

    def _described(self, identifier: str) -> Mapping[str, Any]:
        return self.datasets.get(dataset_name(identifier), {})

    def _stand_in(self, identifier: str) -> Mapping[str, Any]:
        return self._described(identifier).get("stand_in") or {}


def learnt_note(text: str) -> str:
    """What a title has at its end where some text in it or below it is marked."""
    return f" ({MARK} has not learnt)" if MARK in text else ""
