"""What a user sees while Snakemake runs jobs: one line with the jobs that are done, the time left, and what runs now.

It replaces the ten lines that Snakemake prints for every job. Warnings and errors are printed as before, the complete
output is in the file under .snakemake/log/, and `snakemake --printshellcmds` or `--verbose` prints it on the terminal.
"""

import logging
import sys
import threading
import time
from typing import TextIO

from latentmotion.config.schema import Params
from latentmotion.pipeline.cost_estimates import Estimates
from latentmotion.pipeline.similar_work import similar

NOISE = (  # how lines begin that Snakemake prints at every start and that tell a user nothing
    "Building DAG of jobs", "Using shell", "Provided cores", "Rules claiming more", "Singularity containers",
)  # fmt: skip
REFRESHED = 5.0  # seconds between two updates of the line on a terminal
WIDTH = 110  # characters of the line on a terminal, at most


class ProgressLine(logging.Handler):
    """Prints the line when a job starts or ends: in place on a terminal, else as a new line.

    Arguments:
        names: id of a job -> what it does.
        seconds: id of a job -> its time as far as it can be estimated, in seconds of all cores.
        cores: how many cores run jobs.
    """

    def __init__(self, names: dict[int, str], seconds: dict[int, float], cores: int, stream: TextIO):
        super().__init__()
        self.names, self.seconds, self.cores, self.stream = names, seconds, cores, stream
        self.started: dict[int, float] = {}
        self.finished: set[int] = set()
        self.in_place = stream.isatty()
        if self.in_place:
            threading.Thread(target=self._refresh, daemon=True).start()

    def emit(self, record: logging.LogRecord) -> None:
        if self.in_place and record.levelno >= logging.WARNING:
            self.stream.write("\n")
        match getattr(getattr(record, "event", None), "name", None):
            case "JOB_STARTED":
                self.started |= {job: time.monotonic() for job in _ids(record.jobs) if job in self.names}
            case "JOB_FINISHED":
                self.finished.add(record.job_id)
            case _:
                return
        if self.in_place or record.event.name == "JOB_STARTED" or self._done():
            self.show()

    def show(self) -> None:
        """Prints the line."""
        line = self.line(time.monotonic())
        self.stream.write(f"\r\x1b[K{line[:WIDTH]}" if self.in_place and not self._done() else self._new_line(line))
        self.stream.flush()

    def line(self, now: float) -> str:
        """Such as `3 of 15 jobs done, about 4 min left; now: train halo/sprites/seed0`."""
        running = [self.names[job] for job in self.started if job not in self.finished]
        more = f" and {len(running) - 2} more" if len(running) > 2 else ""
        doing = f"; now: {', '.join(running[:2])}{more}" if running else ""
        return f"{len(self.finished & set(self.names))} of {len(self.names)} jobs done{self._left(now)}{doing}"

    def _left(self, now: float) -> str:
        """The time left: that of all jobs on all cores, or that of the longest job where this is more."""
        waiting = [job for job in self.names if job not in self.finished]
        known = {
            job: max(self.seconds[job] - (now - self.started[job] if job in self.started else 0), 0)
            for job in waiting
            if job in self.seconds
        }
        if not known:
            return ""
        left = max(sum(known.values()) / self.cores, max(known.values()))
        return f", {duration(left)} left"

    def _done(self) -> bool:
        return set(self.names) <= self.finished

    def _new_line(self, line: str) -> str:
        return f"\r\x1b[K{line}\n" if self.in_place else f"{line}\n"

    def _refresh(self) -> None:
        while not self._done():
            time.sleep(REFRESHED)
            if self.started and not self._done():
                self.show()


def _ids(jobs) -> list[int]:
    """The ids of jobs, which may come in a list or, for a group, in a list of lists."""
    return [number for job in jobs for number in (_ids(job) if isinstance(job, list | tuple) else [job])]


def duration(seconds: float) -> str:
    """Rounded, such as `about 2 h 10 min`."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return "less than a minute"
    hours, minutes = divmod(minutes, 60)
    return "about " + " ".join([f"{hours} h"] * bool(hours) + [f"{minutes} min"] * bool(minutes))


def hush(workflow) -> None:
    """Leaves out the lines of NOISE, unless `--verbose` asks for everything."""
    from snakemake.logging import logger

    if not workflow.output_settings.verbose:
        for handler in logger.handlers:
            handler.addFilter(lambda record: not str(record.msg).startswith(NOISE))


def attach(workflow, params: Params) -> None:
    """Shows the progress line of a run that starts. The workflow goes on whatever fails here."""
    from snakemake.logging import logger

    shown = workflow.output_settings
    hidden = {quiet.name for quiet in shown.quiet or ()} & {"ALL", "RULES", "PROGRESS"}
    if hidden or shown.verbose or shown.printshellcmds:
        return
    try:
        jobs = {job.jobid: job for job in workflow.dag.needrun_jobs(exclude_finished=False)}
        seconds = _seconds(jobs, params)
        names = {number: _name(job) for number, job in jobs.items()}
        line = ProgressLine(names, seconds, workflow.resource_settings.cores or 1, sys.stderr)
    except Exception as error:
        print(f"The progress cannot be shown in one line: {error!r}", file=sys.stderr)
        return
    for handler in logger.handlers:
        if handler.name == "DefaultStreamHandler":
            handler.addFilter(_is_a_problem)
    logger.handlers.insert(0, line)  # so that the line ends before a warning is printed


def _seconds(jobs: dict, params: Params) -> dict[int, float]:
    """The times of jobs in seconds of all their cores, by records of the same or of similar work."""
    estimates, found = Estimates(params), {}
    for number, job in jobs.items():
        spent = estimates.of(job) if job.rule.name in Estimates.RULES else None
        if spent is None and (judged := similar(params, job)):
            spent = judged.spent
        if spent:
            found[number] = spent.seconds * (1 if spent.on_gpu else spent.count)
    return found


def _is_a_problem(record: logging.LogRecord) -> bool:
    """Whether a line is printed: warnings, errors, and that a job which failed is run again."""
    return record.levelno >= logging.WARNING or str(record.msg).startswith("Trying to restart job")


def _name(job) -> str:
    """The rule of a job and what it is about, such as `train halo/sprites/seed0`."""
    about = "/".join(f"seed{value}" if name == "seed" else str(value) for name, value in job.wildcards.items())
    return f"{job.rule.name} {about}".strip()
