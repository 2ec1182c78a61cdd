"""The parent runs: one for each model on a data set, with the means over its seeds."""

import statistics
from dataclasses import dataclass

from mlflow.entities import Metric

from latentmotion.config.catalogue import REAL
from latentmotion.core.files import digest
from latentmotion.pipeline.tracking import facts
from latentmotion.pipeline.tracking.experiment import HASH, STATUS, Experiment, main_columns
from latentmotion.pipeline.tracking.runs import FORMAT, STAGE, data, source
from latentmotion.pipeline.tracking.shown import Shown
from latentmotion.pipeline.tracking.times import Made


@dataclass(frozen=True)
class Family:
    """The evaluation records of a model on a data set at one scale, one for each seed, and when they were made."""

    scale: str
    model: str
    dataset: str
    records: list[dict]
    made: list[Made]

    @property
    def key(self) -> str:
        """The folder of the records."""
        return f"results/{self.scale}/{self.model}/{self.dataset}"


def parent(experiment: Experiment, family: Family, start: int) -> str:
    """The id of the parent run of a family, which is made where there is none.

    Arguments:
        start: when the first of its runs began, in milliseconds since 1970.
    """
    found = experiment.find(family.key)
    if found:
        return found[0].info.run_id
    title = f"{family.model} ({family.scale})"
    return experiment.start(family.key, title, {STAGE: "evaluate", "scale": family.scale}, start)


def summarise(experiment: Experiment, family: Family, run_id: str, going_on: bool, shown: Shown, links: dict) -> None:
    """Brings the parent run of a family up to date: means over the seeds, description, state and end.

    Arguments:
        going_on: whether a training of this family runs.
        links: title of a report -> its address in the store.
    """
    run = experiment.find(family.key)[0]
    text = describe(family, shown, links)
    content = digest([FORMAT, family.records, text, going_on])
    if run.data.tags.get(HASH) == content:
        return
    tags = {"mlflow.note.content": text, STATUS: "going on" if going_on else "ok", **source(_target(family))}
    end = max((made.end for made in family.made), default=run.info.start_time)
    metrics: list[Metric] = []
    params: dict[str, str] = {}
    if family.records:
        first = family.records[0]
        tags |= {"source": first["source"], "mlflow.source.git.commit": family.made[-1].commit}
        if family.model != REAL:
            tags["learnt"] = _learnt(family.records)
        if not run.data.params:  # MLflow never changes a parameter
            params = {name: value for name, value in facts.parameters(first).items() if name != "seed"}
            experiment.client.log_inputs(run_id, [data(first)])
        end = max(end, run.info.start_time)
        metrics = [Metric(name, value, end, 0) for name, value in means(family.records).items()]
        metrics += [Metric(name, value, end, step) for name, value, step in mean_curve(family.records)]
    experiment.log(run_id, tags, params, metrics)
    if going_on:
        experiment.client.update_run(run_id, "RUNNING")
    else:
        experiment.client.set_terminated(run_id, "FINISHED", end)
    experiment.client.set_tag(run_id, HASH, content)


def columns(records: list[dict]) -> list[str]:
    """The columns that matter in a list of runs: main scores, whether it has learnt, seeds and cost."""
    names = {name for record in records for name in facts.scores(record)}
    scores = [f"metrics.`{name}`" for name in main_columns(names)]
    return ["tags.`learnt`", *scores, "metrics.`seeds`", "metrics.`cost/core_hours`", "tags.`status`"]


def means(records: list[dict]) -> dict[str, float]:
    """Scores and costs as means over the seeds, the number of seeds, and standard deviations of the main scores.

    A score that some seeds lack is the mean over those that have it. `cost/core_hours_of_all` is the sum.
    """
    values: dict[str, list[float]] = {}
    for record in records:
        for name, value in (facts.scores(record) | facts.costs(record)).items():
            values.setdefault(name, []).append(value)
    found = {name: statistics.fmean(of_seeds) for name, of_seeds in values.items()} | {"seeds": len(records)}
    main = [name for name in main_columns(set(values)) if len(values[name]) > 1]
    found |= {f"standard_deviation/{name}": statistics.stdev(values[name]) for name in main}
    if hours := values.get("cost/core_hours"):
        found["cost/core_hours_of_all"] = sum(hours)
    return found


def mean_curve(records: list[dict]) -> list[tuple[str, float, int]]:
    """The mean of the learning curves that the records keep; nothing where their steps differ."""
    curves = [facts.curves(record, None) for record in records]
    points = [[(name, step) for name, _, step in curve] for curve in curves]
    if any(point != points[0] for point in points):
        return []
    return [
        (name, statistics.fmean(curve[place][1] for curve in curves), step)
        for place, (name, step) in enumerate(points[0])
    ]


def describe(family: Family, shown: Shown, links: dict[str, str]) -> str:
    """What the family is, how it is made again, and the tables, figures and papers that it belongs to; Markdown."""
    title, on = shown.model(family.model), shown.dataset(family.dataset)
    seeds = ", ".join(str(record["seed"]) for record in family.records)
    text = [f"**{title}** on {on}, scale {family.scale}."]
    if family.records:
        text.append(f"Scores are means over the seeds {seeds}." if "," in seeds else f"There is one seed, {seeds}.")
    reports = shown.showing(family.model, family.dataset, family.scale)
    linked = {report.title: links.get(report.title) for report in reports}
    listed = [f"[{name}]({address})" if address else name for name, address in linked.items()]
    papers = [f"[{paper.authors}: {paper.title}, {paper.venue}]({paper.url})" for paper in shown.papers(reports)]
    parts = [" ".join(text)]
    parts += [f"Tables and figures: {', '.join(listed)}."] * bool(listed)
    parts += [f"Papers: {'; '.join(papers)}."] * bool(papers)
    return "\n\n".join([*parts, f"Make it again: `snakemake {_target(family)}`"])


def _target(family: Family) -> str:
    return f"evaluate_{family.model}"


def _learnt(records: list[dict]) -> str:
    verdicts = [facts.learnt(record) for record in records]
    if len(set(verdicts)) == 1:
        return verdicts[0]
    return f"{verdicts.count('yes')} of {len(verdicts)} seeds"
