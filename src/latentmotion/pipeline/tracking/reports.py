"""The experiment with the tables and figures: one run for each, with its files."""

from latentmotion.core.files import digest, file_digest
from latentmotion.pipeline.tracking.experiment import HASH, STATUS, TRAINING_PAGES, Experiment
from latentmotion.pipeline.tracking.runs import FORMAT, STAGE, source
from latentmotion.pipeline.tracking.shown import Report, Shown
from latentmotion.pipeline.tracking.times import Commits

NAME = "tables and figures"
COLUMNS = ["tags.`paper`", "tags.`number`", "tags.`caption`", "tags.`scale`", "attributes.`Source`"]


def log_reports(experiment: Experiment, shown: Shown, commits: Commits) -> dict[str, str]:
    """Stores every table and figure that exists, and returns the address of each in the store."""
    links = {}
    for report in shown.reports:
        run_id = _log(experiment, report, shown, commits)
        links[report.title] = f"#/experiments/{experiment.id}/runs/{run_id}/artifacts/{report.page}?{TRAINING_PAGES}"
    return links


def _log(experiment: Experiment, report: Report, shown: Shown, commits: Commits) -> str:
    key = f"{report.folder}/{report.name}"
    content = digest([FORMAT, report.caption, *(file_digest(file) for file in report.files)])
    for run in list(experiment.find(key)):
        if run.data.tags.get(HASH) == content:
            return run.info.run_id
        experiment.remove(run)
    made = max((commits.made(file) for file in report.files), key=lambda made: made.end)
    papers = "".join(
        f"\n\n[{paper.authors}: {paper.title}, {paper.venue}]({paper.url}), {report.number}"
        for paper in shown.papers([report])
    )
    tags = {
        STAGE: report.kind.removesuffix("s"),
        STATUS: "ok",
        "scale": report.scale or "not known",
        "paper": report.paper or "none",
        "number": report.number or "none",
        "caption": report.caption,
        "mlflow.note.content": f"{report.caption}{papers}\n\nMake it again: `snakemake {report.name}`",
        "mlflow.source.git.commit": made.commit,
        **source(report.name),
    }
    run_id = experiment.start(key, report.title, tags, made.end)
    experiment.store(run_id, [(file, "") for file in report.files])
    experiment.client.set_tag(run_id, HASH, content)
    experiment.client.set_terminated(run_id, "FINISHED", made.end)
    return run_id
