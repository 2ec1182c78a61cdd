"""The verbs of the command line. Each gets explicit paths and settings, and writes its output whole or not at all.

The rules of the workflow run these commands. `--settings` is the JSON that config/settings.py resolves from
params.yaml, so that a job runs what was planned even when params.yaml is edited in the meantime. Each verb writes a
record beside its output.
"""

import functools
import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from latentmotion.core.errors import UserError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
Settings = Annotated[str, typer.Option(help="JSON, as the workflow resolves it from params.yaml")]
Name = Annotated[str, typer.Option()]
File = Annotated[Path, typer.Option()]
Device = Annotated[str, typer.Option(help="auto, cpu or cuda")]


def verb(function):
    """Registers a verb. A UserError becomes one line on stderr, and its code the exit code."""

    @functools.wraps(function)
    def wrapped(*args, **kwargs):
        try:
            function(*args, **kwargs)
        except UserError as error:
            print(f"latentmotion {function.__name__.replace('_', '-')}: {error}", file=sys.stderr)
            raise typer.Exit(error.code) from None

    return app.command()(wrapped)


def parse(settings: str) -> dict:
    try:
        return json.loads(settings)
    except ValueError as error:
        raise UserError(f"--settings: not JSON ({error}); run the verb through its Snakemake target") from None


@verb
def fetch(dataset: Name, out: File, sources: File = Path("data/sources.csv")):
    """Raw files of a dataset: from the mirror LATENTMOTION_MIRROR, else downloaded; each checked by size and sha256."""
    from latentmotion.data.fetch import fetch

    fetch(dataset, out, sources)


@verb
def prepare(dataset: Name, out: File, settings: Settings, raw: Annotated[Path | None, typer.Option()] = None):
    """Raw files, or the embedded stand-in, to sequences with labels and splits."""
    from latentmotion.data.prepare import prepare

    prepare(dataset, raw, out, parse(settings))


@verb
def judge(data: File, label: Name, out: File, settings: Settings, device: Device = "auto"):
    """Trains the classifier of one label on train, selects it on validation: OUT/<label>.safetensors and .json."""
    from latentmotion.data.prepared import PreparedDataset
    from latentmotion.evaluation.judges.label_judge import train_judge

    train_judge(PreparedDataset.open(data), label, out, parse(settings), device)


@verb
def video_judge(data: list[Path], out: File, settings: Settings, device: Device = "auto"):
    """Trains the network of fvd-judge on the prepared datasets DATA together: OUT/network.safetensors and .json."""
    from latentmotion.data.prepared import PreparedDataset
    from latentmotion.evaluation.judges.video_judge import train_video_judge

    train_video_judge([PreparedDataset.open(folder) for folder in data], out, parse(settings), device)


@verb
def train(
    model: Name,
    data: File,
    out: File,
    state: File,
    seed: Annotated[int, typer.Option()],
    settings: Settings,
    device: Device = "auto",
    checkpoint_seconds: Annotated[float, typer.Option(envvar="LATENTMOTION_CHECKPOINT_SECONDS")] = 120.0,
    margin_seconds: Annotated[float, typer.Option(envvar="LATENTMOTION_MARGIN_SECONDS")] = 120.0,
):
    """Trains a model, or goes on from its checkpoint under STATE: weights, history, samples and record in OUT."""
    from latentmotion.data.prepared import PreparedDataset
    from latentmotion.training.train import CheckpointPlan, TrainingJob, train

    job = TrainingJob(model, PreparedDataset.open(data), seed, parse(settings))
    train(job, out, CheckpointPlan(state, checkpoint_seconds, margin_seconds), device)


@verb
def evaluate(
    model: Name,
    data: File,
    judges: File,
    out: File,
    settings: Settings,
    run: Annotated[Path | None, typer.Option()] = None,
    video_judge: Annotated[Path | None, typer.Option()] = None,
    i3d: Annotated[Path | None, typer.Option()] = None,
    inception: Annotated[Path | None, typer.Option()] = None,
    device: Device = "auto",
):
    """Scores a trained run (as model 'real': the test sequences themselves) under every protocol that it can enter."""
    from latentmotion.data.prepared import PreparedDataset
    from latentmotion.evaluation.evaluate import EvaluationJob, NetworkPaths, evaluate

    job = EvaluationJob(model, PreparedDataset.open(data), run, parse(settings))
    evaluate(job, NetworkPaths(judges, video_judge, i3d, inception), out, device)


@verb
def table(
    name: Annotated[str, typer.Argument(help="a table of params.yaml")],
    records: Annotated[list[Path] | None, typer.Argument(help="default: those of the table in params.yaml")] = None,
    out: Annotated[Path | None, typer.Option(help="default: reports/NAME")] = None,
    settings: Annotated[str | None, typer.Option(help="JSON; default: those of the table in params.yaml")] = None,
    published: File = Path("data/published.csv"),
):
    """Renders records as a table: OUT.csv in long form, and OUT.md, .tex and .html in the paper's shape."""
    from latentmotion.reporting.render import render_table

    if settings is None:
        planned, found = planned_report("tables", name)
        records = records or [Path(file) for file in found]
    else:
        planned = parse(settings)
    render_table(name, records or [], published, out or Path("reports") / name, planned)


def planned_report(kind: str, name: str) -> tuple[dict, list[str]]:
    """The settings of a table or figure in params.yaml, and the records that it is made from."""
    from latentmotion.config.params import load
    from latentmotion.config.paths import report_records
    from latentmotion.config.settings import report_settings
    from latentmotion.core.errors import nearest

    params = load()
    known = getattr(params, kind)
    if name not in known:
        raise UserError(f"{kind} '{name}': not in params.yaml; {nearest(name, known)}")
    return report_settings(params, kind, name), report_records(params, known[name])


@verb
def figure(name: Name, out: File, settings: Settings, runs: list[Path], device: Device = "auto"):
    """Trained runs to pictures: OUT.png, OUT.gif and, of sound, a page that plays it: OUT.html."""
    from latentmotion.reporting.render import render_figure

    render_figure(name, runs, out, parse(settings), device)


@verb
def site(out: File = Path("reports"), params: File = Path("params.yaml")):
    """OUT/index.html and OUT/README.md: every table and figure that exists, with paper, number and caption."""
    from latentmotion.reporting.index_page import build

    build(out, params)


@verb
def results(out: File = Path("docs/results.md"), reports: File = Path("reports"), params: File = Path("params.yaml")):
    """Writes OUT: every table with its notes and links to every figure, by paper, from the reports that exist."""
    from latentmotion.reporting.results_page import build

    build(out, reports, params)


@verb
def track(records: list[Path], database: Annotated[Path | None, typer.Option()] = None):
    """Fills the MLflow store from records, adding nothing twice: DATABASE, else MLFLOW_TRACKING_URI, else mlflow.db."""
    from latentmotion.pipeline.mlflow_tracking import track

    track(records, database)


@verb
def scores(records: list[Path], out: File):
    """Picks the main scores of a system from its records: OUT.json, and its learning curves: OUT.csv."""
    from latentmotion.reporting.main_scores import write_main_scores

    write_main_scores(records, out)


@verb
def fingerprints():
    """Writes the files under fingerprints/ that hold what each output is made from, for the scale of params.yaml."""
    from latentmotion.config.params import load
    from latentmotion.pipeline.fingerprints import write

    write(load())


@verb
def cost(params: Path = Path("params.yaml")):
    """Prints what the finished runs of each table and figure took: hours of cores and of GPUs."""
    from latentmotion.config.params import load
    from latentmotion.pipeline.cost_summary import by_report

    print("\n".join(by_report(load(params))))


@verb
def dvc_commit():
    """Records in dvc.lock what Snakemake has finished, so that DVC has nothing to run."""
    from latentmotion.pipeline.dvc import dvc_commit

    dvc_commit()


@verb
def unlock_workdir():
    """Shows which process holds this folder; if it is gone, cancels its SLURM jobs and removes Snakemake's lock."""
    from latentmotion.pipeline.workdir_lock import unlock

    unlock()


def main() -> None:
    app()


if __name__ == "__main__":
    main()
