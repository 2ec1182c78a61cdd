"""The verbs of the command line, in two groups.

People call `list`, `train MODEL DATASET`, `show` and others, which look everything up in params.yaml. The rules of the
workflow call the jobs, which get explicit paths and settings and write their output whole or not at all. `--settings`
of a job is the JSON that config/settings.py resolves from params.yaml, so that a job runs what was planned even when
params.yaml is edited in the meantime. Each job writes a record beside its output.
"""

from pathlib import Path
from typing import Annotated

import typer

from latentmotion.core.errors import UserError
from latentmotion.core.verbs import app, job, option, parse, verb

Settings = Annotated[str, typer.Option(help="JSON, as the workflow resolves it from params.yaml")]
Name = Annotated[str, typer.Option()]
File = Annotated[Path, typer.Option()]
Device = Annotated[str, typer.Option(help="auto, cpu or cuda")]
Scale = Annotated[str | None, typer.Option(help="tiny, quick, overnight or paper; default: the scale of params.yaml")]
Seed = Annotated[int | None, typer.Option(help="training seed; default: the first one in params.yaml")]
Real = Annotated[bool, typer.Option("--real", help="the real data that config/real.yaml names, at scale quick")]
WeightsMB = Annotated[float, typer.Option(help="weights up to this size, in MB, are stored as logged models")]


@job
def fetch(dataset: Name, out: File, sources: File = Path("data/sources.csv")):
    """Raw files of a dataset: from the mirror LATENTMOTION_MIRROR, else downloaded; each checked by size and sha256."""
    from latentmotion.data.fetch import fetch

    fetch(dataset, out, sources)


@job
def prepare(
    dataset: Name,
    out: File,
    settings: Settings,
    raw: Annotated[Path | None, typer.Option()] = None,
    sources: File = Path("data/sources.csv"),
):
    """Raw files, verified by SOURCES, or the embedded stand-in, to sequences with labels and splits."""
    from latentmotion.data.prepare import prepare

    prepare(dataset, raw, out, parse(settings), sources)


@job
def judge(data: File, label: Name, out: File, settings: Settings, device: Device = "auto"):
    """Trains the classifier of one label on train, selects it on validation: OUT/<label>.safetensors and .json."""
    from latentmotion.data.prepared import PreparedDataset
    from latentmotion.evaluation.judges.label_judge import train_judge

    train_judge(PreparedDataset.open(data), label, out, parse(settings), device)


@job
def video_judge(data: list[Path], out: File, settings: Settings, device: Device = "auto"):
    """Trains the network of fvd-judge on the prepared datasets DATA together: OUT/network.safetensors and .json."""
    from latentmotion.data.prepared import PreparedDataset
    from latentmotion.evaluation.judges.video_judge import train_video_judge

    train_video_judge([PreparedDataset.open(folder) for folder in data], out, parse(settings), device)


@verb
def train(
    names: Annotated[list[str] | None, typer.Argument(metavar="MODEL DATASET", help="such as: halo sprites")] = None,
    scale: Scale = None,
    seed: Seed = None,
    real: Real = False,
    model: Annotated[str | None, option()] = None,
    data: Annotated[Path | None, option()] = None,
    out: Annotated[Path | None, option()] = None,
    state: Annotated[Path | None, option()] = None,
    settings: Annotated[str | None, option(help="JSON, as the workflow resolves it from params.yaml")] = None,
    device: Annotated[str, option(help="auto, cpu or cuda")] = "auto",
    checkpoint_seconds: Annotated[float, option(envvar="LATENTMOTION_CHECKPOINT_SECONDS")] = 120.0,
    margin_seconds: Annotated[float, option(envvar="LATENTMOTION_MARGIN_SECONDS")] = 120.0,
):
    """Trains MODEL on DATASET through Snakemake, with all that this needs: weights, history, samples and record.

    The workflow calls it without MODEL and DATASET and with the options below, and it trains in this process, or goes
    on from its checkpoint under STATE.
    """
    if names:
        from latentmotion.pipeline.one_run import pair, train

        return train(*pair(names), scale, seed, real)
    if None in (model, data, out, state, seed, settings):
        raise UserError("say what to train: latentmotion train MODEL DATASET; 'latentmotion list' names both")

    from latentmotion.data.prepared import PreparedDataset
    from latentmotion.training.train import CheckpointPlan, TrainingJob, train

    planned = TrainingJob(model, PreparedDataset.open(data), seed, parse(settings))
    train(planned, out, CheckpointPlan(state, checkpoint_seconds, margin_seconds), device)


@verb
def show(
    names: Annotated[list[str], typer.Argument(metavar="MODEL DATASET", help="such as: halo sprites")],
    scale: Scale = None,
    seed: Seed = None,
    real: Real = False,
    out: Annotated[Path | None, typer.Option(help="folder; default: films/SCALE/MODEL/DATASET/SEED")] = None,
    device: Device = "auto",
):
    """Draws films of a trained run: swapped motions, continued first frames, and samples. Prints where they are."""
    from latentmotion.config.catalogue import dataset_name
    from latentmotion.config.paths import run_folder
    from latentmotion.config.settings import report_titles
    from latentmotion.pipeline.one_run import pair, trained
    from latentmotion.reporting.show import show

    params, run = trained(*pair(names), scale, seed, real)
    folder = Path(run_folder(params, run))
    name = dataset_name(run.dataset)
    titles = report_titles(params, [run.model], [name])
    settings = {"report": "show", "scale": params.scale, "models": [run.model], "datasets": [name], "titles": titles}
    for file in show(folder, settings, out or Path("films", *folder.parts[1:]), device):
        print(file)


@verb
def export(
    names: Annotated[list[str], typer.Argument(metavar="MODEL DATASET", help="such as: halo sprites")],
    scale: Scale = None,
    seed: Seed = None,
    real: Real = False,
    out: Annotated[Path | None, typer.Option(help="folder; default: exports/MODEL-DATASET-SCALE-SEED")] = None,
):
    """Writes a trained run as a folder to take away: weights, config, card, records, as on the Hugging Face hub.

    With the word judges in place of a model, it writes the judges of the data set.
    """
    from latentmotion.config.catalogue import dataset_name
    from latentmotion.config.downloads import licences
    from latentmotion.config.paths import judges, record, run_folder
    from latentmotion.config.settings import report_titles
    from latentmotion.pipeline.one_run import pair, planned_dataset, trained
    from latentmotion.reporting.export import export, export_judges

    if pair(names)[0] == "judges":
        params, identifier = planned_dataset(pair(names)[1], scale, real)
        place = out or Path("exports", f"judges-{identifier}-{params.scale}")
        made = export_judges(Path(judges(params, identifier)), identifier, params.scale, place)
        print(f"Wrote {made}; take it into another clone with 'latentmotion import {made}'")
        return

    params, run = trained(*pair(names), scale, seed, real)
    name = dataset_name(run.dataset)
    settings = {"scale": params.scale, "titles": report_titles(params, [run.model], [name])}
    settings["licences"] = licences(name) if params.datasets[name].source == "real" else []
    folder = out or Path("exports", f"{run.model}-{run.dataset}-{params.scale}-seed{run.seed}")
    made = export(Path(run_folder(params, run)), Path(record(params, run)), settings, folder)
    print(f"Wrote {made}; open it with latentmotion.load('{made}')")


@verb
def import_(folder: Annotated[Path, typer.Argument(help="what 'latentmotion export' has written, unpacked")]):
    """Takes a trained run or judges that `export` has written into this folder, after it has verified them."""
    from latentmotion.reporting.import_folder import import_folder

    print("\n".join(import_folder(folder)))


@verb
def crate(
    name: Annotated[str, typer.Argument(help="a table or figure of params.yaml")],
    out: Annotated[Path | None, typer.Option(help="folder; default: crates/NAME")] = None,
):
    """Writes a table or figure with its records and its provenance as an RO-Crate."""
    from latentmotion.reporting.crate import crate

    print(f"Wrote {crate(name, out)}; its provenance is in ro-crate-metadata.json")


@verb
def list_(
    kind: Annotated[str | None, typer.Argument(help="tables, figures, models, datasets or runs; default: all")] = None,
    scale: Scale = None,
):
    """Lists the tables, figures, models, data sets and runs that there are, and what is done of them."""
    from latentmotion.config.params import load
    from latentmotion.pipeline.overview import overview

    print("\n".join(overview(load(overrides={} if scale is None else {"scale": scale}), kind)))


@verb
def gpu_check(
    models: Annotated[list[str] | None, typer.Argument(metavar="[MODEL]...", help="such as halo; default: all")] = None,
    scale: Annotated[str, typer.Option(help="the scale whose sizes are taken")] = "paper",
    device: Device = "auto",
    out: Annotated[Path, typer.Option(help="folder of the record")] = Path("results/gpu-check"),
    steps: Annotated[int, typer.Option(help="training steps of each model")] = 20,
    minutes: Annotated[float, typer.Option(help="no further model is begun after this time")] = 5.0,
    everything: Annotated[bool, typer.Option("--all", help="each model on all of its data sets")] = False,
):
    """Checks that models train on this machine's GPU: memory, speed and agreement with the CPU, on random data."""
    from latentmotion.training.gpu_check import gpu_check

    gpu_check(models or [], scale, device, out, steps, minutes, everything)


@job
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
    from latentmotion.reporting.planned_table import planned_table
    from latentmotion.reporting.render_table import render_table

    if settings is None:
        planned, found = planned_table(name)
        records = records or [Path(file) for file in found]
    else:
        planned = parse(settings)
    render_table(name, records or [], published, out or Path("reports") / name, planned)


@job
def figure(
    name: Name,
    out: File,
    settings: Settings,
    runs: list[Path],
    device: Device = "auto",
    results: File = Path("results"),
):
    """Trained runs to pictures: OUT.png, OUT.gif and, of sound, a page: OUT.html. RESULTS state what has learnt."""
    from latentmotion.reporting.render_figure import render_figure

    render_figure(name, runs, out, parse(settings), device, results)


@verb
def claims(
    results: Annotated[list[Path] | None, typer.Argument(help="folders of records, one a scale")] = None,
    claims: File = Path("data/claims.csv"),
    out: File = Path("reports/claims"),
    settings: Annotated[str | None, typer.Option(help="JSON; default: those of params.yaml")] = None,
):
    """Judges the claims of the papers by the records that exist: OUT.csv, OUT.md, OUT.html and OUT.json."""
    from latentmotion.config.params import load
    from latentmotion.config.settings import claims_settings
    from latentmotion.reporting.claims.render import render_claims

    planned = claims_settings(load()) if settings is None else parse(settings)
    render_claims(claims, results or [Path("results") / planned["scale"]], out, planned)


@job
def site(out: File = Path("reports"), params: File = Path("params.yaml")):
    """OUT/index.html and OUT/README.md: every table and figure that exists, with paper, number and caption."""
    from latentmotion.reporting.index_page import build

    build(out, params)


@verb
def publish(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="such as table2; default: all")] = None,
    configfile: File = Path("config/real.yaml"),
    force: Annotated[bool, typer.Option("--force", help="also those of other settings, code or records")] = False,
):
    """Copies reports from reports/ to published/, which is in git: those with the settings of CONFIGFILE."""
    from latentmotion.reporting.publish import publish

    publish(names or [], configfile, force)


@verb
def results(out: File = Path("docs/results.md"), reports: File = Path("published"), params: File = Path("params.yaml")):
    """Writes OUT: every table with its notes and links to every figure, by paper, from the published reports."""
    from latentmotion.reporting.results_page import build

    build(out, reports, params)


@verb
def track(
    records: Annotated[list[Path] | None, typer.Argument(help="default: all, and trainings without a record")] = None,
    database: Annotated[Path | None, typer.Option()] = None,
    weights_mb: WeightsMB = 100.0,
):
    """Fills the MLflow store from what is here, adding nothing twice: DATABASE, MLFLOW_TRACKING_URI or mlflow.db."""
    from latentmotion.pipeline.tracking.track import track

    track(records or None, database, weights_mb)


@verb
def ui(
    port: Annotated[int | None, typer.Option(help="default: the first free one from 5000 on")] = None,
    database: Annotated[Path | None, typer.Option()] = None,
    weights_mb: WeightsMB = 100.0,
):
    """Shows all runs, also those that go on, on MLflow's page; prints its address. Ctrl-C ends it."""
    from latentmotion.pipeline.tracking.serve import serve

    serve(port, database, weights_mb)


@job
def scores(records: list[Path], out: File):
    """Picks the main scores of a system from its records: OUT.json, and its learning curves: OUT.csv."""
    from latentmotion.reporting.main_scores import write_main_scores

    write_main_scores(records, out)


@verb
def verify():
    """Checks all artefacts of this folder (data, judges, runs, records, published numbers) by their digests."""
    from latentmotion.pipeline.verify import verify

    verify()


@job
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


@job
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
