"""The time that jobs will take or have taken, printed after a dry run, when a run starts, and by `latentmotion cost`.

This module imports nothing heavy.
"""

import sys
from collections import Counter
from pathlib import Path

from latentmotion.config import paths
from latentmotion.config.schema import Params
from latentmotion.core.processor import processor
from latentmotion.pipeline.cost_estimates import Estimates, read, spent, trainings
from latentmotion.pipeline.similar_work import similar


def say(workflow, params: Params) -> None:
    """Prints the summary of what a Snakemake workflow has to run. The workflow goes on whatever fails here."""
    try:
        if workflow.dag is not None and "ALL" not in {quiet.name for quiet in workflow.output_settings.quiet or ()}:
            print("\n".join(summary(list(workflow.dag.needrun_jobs(exclude_finished=False)), params)), file=sys.stderr)
    except Exception as error:
        print(f"The cost of these jobs cannot be estimated: {error!r}", file=sys.stderr)


def say_after_dry_run(workflow, params: Params) -> None:
    if workflow.dryrun:
        say(workflow, params)


def summary(jobs: list, params: Params) -> list[str]:
    """Lines with the number of jobs of each kind, their time, and where it was measured; no lines without jobs."""
    estimates = Estimates(params)
    rows: dict[tuple, list[float]] = {}
    others, elsewhere = 0, False
    for job in jobs:
        if job.rule.name not in Estimates.RULES:
            others += 1
            continue
        found, source = estimates.of(job), "measured on {}"
        if found is None and (judged := similar(params, job)):
            found, source = judged.spent, f"judged from {judged.run} on {{}}"
        place = (job.rule.name, found is None, found and found.on_gpu, found and source.format(found.device))
        rows.setdefault(place, []).append(found.hours if found else 0.0)
        elsewhere |= found is not None and not found.on_gpu and found.device != processor()
    if not rows:
        return []
    lines = [f"What is left to do at scale {params.scale}, by records of earlier runs:"]
    for (rule, unknown, on_gpu, source), hours in sorted(rows.items(), key=str):
        what = "unknown" if unknown else f"{_hours(sum(hours), on_gpu)}, {source}"
        lines.append(f"  {rule:<12}{_jobs(len(hours)):>12}   {what}")
    if others:
        lines.append(f"  {'others':<12}{_jobs(others):>12}   not counted: data, tables, figures, pages")
    totals = [
        _hours(sum(sum(h) for (_, unknown, gpu, _), h in rows.items() if not unknown and gpu is on_gpu), on_gpu)
        for on_gpu in (False, True)
        if any(not unknown and gpu is on_gpu for _, unknown, gpu, _ in rows)
    ]
    missing = sum(len(hours) for (_, unknown, _, _), hours in rows.items() if unknown)
    totals += [f"{_jobs(missing)} of unknown cost"] if missing else []
    lines.append(f"  In all: {', and '.join(totals)}")
    if elsewhere:
        lines.append(f"  This processor is {processor()}. Times of other processors can be wrong here by a factor.")
    return lines


def by_report(params: Params) -> list[str]:
    """A line for each table and figure: the time of its finished runs, for training and evaluation together."""
    lines = []
    for kind in ("tables", "figures"):
        for name, report in getattr(params, kind).items():
            records = [Path(file) for file in paths.report_records(params, report)]
            found = [record for file in records if file.is_file() for record in read(str(file.parent), file.name)]
            jobs = [spent(record) for record in [*found, *trainings(found)] if "seconds" in record]
            hours = [Counter(), Counter()]
            for job in jobs:
                hours[job.on_gpu][job.device] += job.hours
            parts = [f"{_hours(n, bool(gpu))} on {d}" for gpu in (0, 1) for d, n in sorted(hours[gpu].items())]
            lines.append(f"{name:<40} {len(found):>4} of {len(records):>4} runs   {', '.join(parts)}".rstrip())
    return lines


def _hours(hours: float, on_gpu: bool) -> str:
    return f"{hours:.3g} {'GPU' if on_gpu else 'core'} hours"


def _jobs(count: int) -> str:
    return f"{count} job{'s' * (count != 1)}"
