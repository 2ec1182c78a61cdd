"""What params.yaml says of records: titles of models and data sets, and the tables and figures that show them."""

import json
from dataclasses import dataclass
from pathlib import Path

from latentmotion.config import catalogue, params, paths
from latentmotion.config.papers import PAPERS, Paper
from latentmotion.config.schema import Params
from latentmotion.core.source_code import constant


@dataclass(frozen=True)
class Report:
    """A table or figure that exists, in reports/ or among the published ones."""

    kind: str  # tables or figures
    name: str
    folder: str
    scale: str  # empty where its record is not there
    caption: str
    paper: str
    number: str
    files: tuple[Path, ...]

    @property
    def title(self) -> str:
        """Its name, with the folder where that is not the one of the reports that are made here."""
        return self.name if self.folder == paths.REPORTS else f"{self.name} ({self.folder})"

    @property
    def page(self) -> str:
        """The name of the file that shows it best."""
        wanted = ".html" if self.kind == "tables" else ".gif"
        return next(file.name for file in self.files if file.suffix == wanted)


class Shown:
    """The catalogue of this folder; where there is no params.yaml, no titles and no reports."""

    def __init__(self, found: Params | None):
        self._params = found
        self.reports = [] if found is None else _reports(found)

    @classmethod
    def here(cls) -> "Shown":
        """That of the working directory. Raises UserError for a params.yaml that cannot be used."""
        return cls(params.load() if Path("params.yaml").is_file() else None)

    def model(self, name: str) -> str:
        """The title of a model."""
        if name == catalogue.REAL:
            return "Real test sequences"
        models = self._params.models if self._params else {}
        return models[name].title if name in models else name

    def dataset(self, identifier: str) -> str:
        """The title of a data set."""
        name = catalogue.dataset_name(identifier)
        section = self._params.datasets.get(name) if self._params else None
        if section is None:
            return identifier
        if identifier == name:
            return section.title
        return section.stand_in.title if section.stand_in else f"{section.title} (drawn)"

    def showing(self, model: str, dataset: str, scale: str) -> list[Report]:
        """The reports that show a model on a data set at a scale."""
        name = catalogue.dataset_name(dataset)
        return [report for report in self.reports if report.scale in ("", scale) and self._shows(report, model, name)]

    def papers(self, reports: list[Report]) -> list[Paper]:
        """The papers of some reports."""
        return [PAPERS[name] for name in dict.fromkeys(report.paper for report in reports) if name in PAPERS]

    def _shows(self, report: Report, model: str, dataset: str) -> bool:
        section = getattr(self._params, report.kind)[report.name]
        real = report.kind == "tables" and model == catalogue.REAL
        return dataset in section.datasets and (real or model in section.models)


def _reports(found: Params) -> list[Report]:
    """The tables and figures whose files are there, in the order of params.yaml.

    One that was published and then copied unchanged to reports/ is there once.
    """
    reports = []
    for kind, name in [*(("tables", name) for name in found.tables), *(("figures", name) for name in found.figures)]:
        before: list[bytes] = []
        for folder in (paths.PUBLISHED, paths.REPORTS):
            *wanted, record = (Path(file) for file in paths.report_files(found, kind, name, folder))
            if not all(file.is_file() for file in wanted) or wanted[0].read_bytes() in before:
                continue
            before.append(wanted[0].read_bytes())
            module = catalogue.report_module(found, kind, name)
            paper, number = (constant(module, key, None) or "" for key in ("PAPER", "NUMBER"))
            files = (*wanted, record) if record.is_file() else tuple(wanted)
            caption = catalogue.caption(found, kind, name)
            reports.append(Report(kind, name, folder, _scale(record), caption, paper, number, files))
    return reports


def _scale(record: Path) -> str:
    try:
        return str(json.loads(record.read_text(encoding="utf-8"))["settings"]["scale"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
