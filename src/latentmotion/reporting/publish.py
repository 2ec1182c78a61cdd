"""The verb `publish`: copies reports from reports/, where the workflow makes them, to published/, which is in git.

The published reports show the numbers of one configuration, config/real.yaml. They change by this verb only, so that a
report of another scale or source, which has the same name, never takes their place unnoticed.
"""

from dataclasses import dataclass
from pathlib import Path

from latentmotion.config import paths
from latentmotion.config.params import load
from latentmotion.config.schema import Params
from latentmotion.config.settings import claims_settings
from latentmotion.core.errors import UserError, nearest
from latentmotion.core.files import file_digest, write_atomic
from latentmotion.core.records import Report, read_record
from latentmotion.core.yaml_loader import read_yaml
from latentmotion.pipeline.adoption import report_fault
from latentmotion.reporting.index_page import build

CLAIMS = "claims"  # the verdicts are published as a report of this name


@dataclass(frozen=True)
class Candidate:
    """A table, a figure or the verdicts: the files that the workflow makes. The last one is the record."""

    kind: str
    name: str
    files: list[Path]

    @property
    def missing(self) -> list[Path]:
        return [file for file in self.files if not file.is_file()]

    def fault(self, params: Params) -> str:
        """Why this is not the report that the configuration describes; empty where it is."""
        record = read_record(self.files[-1], Report)
        if self.kind != CLAIMS:
            return report_fault(params, self.kind, self.name, record)
        if record["settings"] != claims_settings(params):
            return f"it was made with other settings than scale '{params.scale}' has here"
        made_from = record.get("made_from") or {}
        changed = [file for file, stated in made_from.items() if not _holds(Path(file), stated)]
        return f"{changed[0]} has changed since" if changed else ""


def publish(names: list[str], configfile: Path, force: bool) -> None:
    """Copies reports, writes the pages of published/ again, and prints what was copied and what was left out and why.

    Raises UserError, before anything is copied, where a named report is unknown, lacks a file, or is not the one that
    the configuration describes, and where there is nothing to publish.

    Arguments:
        names: tables, figures and `claims`; empty for all that are whole and that the configuration describes.
        configfile: the configuration, as `snakemake --configfile` takes it.
        force: copy whole reports of other settings, code or records as well.
    """
    params = load(overrides=read_yaml(configfile))
    known = {one.name: one for one in _candidates(params)}
    for name in names:
        if name not in known:
            raise UserError(f"'{name}': no such report; {nearest(name, known)}")
        if missing := known[name].missing:
            raise UserError(f"{missing[0]}: missing; make it with 'snakemake --configfile {configfile} -- {name}'")
    there = [known[name] for name in names] or [one for one in known.values() if not one.missing]
    faults = {one.name: one.fault(params) for one in there}
    if force:
        faults = dict.fromkeys(faults, "")
    for name in names:
        if faults[name]:
            raise UserError(
                f"{name}: not published, {faults[name]}; make it with 'snakemake --configfile {configfile} -- {name}',"
                " or publish it as it is with --force"
            )
    if all(faults.values()):
        raise UserError(f"reports/: nothing to publish; make reports with 'snakemake --configfile {configfile}'")
    for one in there:
        if faults[one.name]:
            print(f"{one.name}: left out, {faults[one.name]}")
            continue
        for file in one.files:
            write_atomic(Path(paths.PUBLISHED, file.name), file.read_bytes())
        print(f"{one.name}: published")
    build(Path(paths.PUBLISHED), Path("params.yaml"))


def _candidates(params: Params) -> list[Candidate]:
    found = [
        Candidate(kind, name, [Path(file) for file in paths.report_files(params, kind, name)])
        for kind in ("tables", "figures")
        for name in getattr(params, kind)
    ]
    return [*found, Candidate(CLAIMS, CLAIMS, [Path(file) for file in paths.claims_files()])]


def _holds(file: Path, stated: str) -> bool:
    return file.is_file() and file_digest(file) == stated
