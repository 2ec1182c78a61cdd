"""Renders figures: checks the given runs against the declared ones, calls the figure's module, and writes the files.

The module of a figure has `render(runs, settings, device)`, which returns the content of each file by its suffix.
"""

from pathlib import Path

from latentmotion.core.errors import UserError
from latentmotion.core.evidence import evidence
from latentmotion.core.records import Evaluation, Weights, read_record
from latentmotion.reporting.report_files import report, write_report


def render_figure(
    name: str, runs: list[Path], out: Path, settings: dict, device: str = "auto", results: Path | None = None
) -> None:
    """Writes a file beside OUT for each suffix that the figure returns, and last the record OUT.json.

    A run whose evaluation record does not state that it has learnt is marked. The record OUT.json holds the settings,
    the digest of the code and, in `made_from`, what each run shows (core/evidence.py) under the path of that run's
    evaluation record.

    Arguments:
        results: the folder of the evaluation records; None for a figure without marks.
    """
    module = report("figures", settings["report"])
    given = {"/".join(Path(run).parts[-3:]): Path(run) for run in runs}
    for run in settings["shown"]:
        if run not in given:
            path = f"runs/{settings['scale']}/{run}"
            raise UserError(f"{path}: declared for {name} but not given; make it with 'snakemake {path}'")
    records = {
        run: read_record(Path(results) / settings["scale"] / f"{run}.json", Evaluation) if results else None
        for run in settings["shown"]
    }
    made_from = {
        f"results/{settings['scale']}/{run}.json": evidence(
            read_record(given[run] / "record.json", Weights)["weights"], record
        )
        for run, record in records.items()
    }
    marked = [run for run, record in records.items() if record is not None and record.get("learnt") is not True]
    pictures = module.render([given[run] for run in settings["shown"]], settings | {"marked": marked}, device)
    contents = {f".{suffix}": content for suffix, content in pictures.items()}
    write_report(out, contents, "figure", name, settings, made_from)
