"""What a user sees of a run of Snakemake: one line with progress and time left, and a last line with what was made."""

import io
import logging
from enum import Enum
from pathlib import Path
from types import SimpleNamespace

import pytest

from latentmotion.pipeline import made_files
from latentmotion.pipeline.progress_line import ProgressLine, duration, hush

Event = Enum("Event", ["JOB_STARTED", "JOB_FINISHED", "SHELLCMD"])


def record(event: str, level: int = logging.INFO, **fields) -> logging.LogRecord:
    made = logging.makeLogRecord(fields)
    made.event, made.levelno = Event[event], level
    return made


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


NAMES = {1: "prepare balls", 2: "train halo/balls/seed0", 3: "train dsvae/balls/seed0"}


def test_a_line_is_printed_when_jobs_start_and_at_the_end():
    stream = io.StringIO()
    line = ProgressLine(NAMES, {}, 2, stream)
    line.emit(record("JOB_STARTED", jobs=[1]))
    line.emit(record("SHELLCMD"))
    line.emit(record("JOB_FINISHED", job_id=1))
    line.emit(record("JOB_STARTED", jobs=[[2, 3]]))
    for job in (2, 3):
        line.emit(record("JOB_FINISHED", job_id=job))
    assert stream.getvalue().splitlines() == [
        "0 of 3 jobs done; now: prepare balls",
        "1 of 3 jobs done; now: train halo/balls/seed0, train dsvae/balls/seed0",
        "3 of 3 jobs done",
    ]


def test_the_time_left_counts_cores_the_longest_job_and_what_has_passed():
    line = ProgressLine(NAMES, {2: 600.0, 3: 120.0}, 2, io.StringIO())
    assert line.line(0.0) == "0 of 3 jobs done, about 10 min left"  # two cores, but one job takes 10 minutes
    line.started = {2: 0.0}
    assert line.line(480.0) == "0 of 3 jobs done, about 2 min left; now: train halo/balls/seed0"
    line.finished = {2, 3}
    assert line.line(600.0) == "2 of 3 jobs done"


def test_on_a_terminal_the_line_stays_in_place_and_ends_before_a_warning():
    stream = Terminal()
    line = ProgressLine({1: "prepare balls"}, {}, 1, stream)
    line.emit(record("JOB_STARTED", jobs=[1]))
    assert stream.getvalue() == "\r\x1b[K0 of 1 jobs done; now: prepare balls"
    line.emit(record("SHELLCMD", logging.ERROR))
    line.emit(record("JOB_FINISHED", job_id=1))
    assert stream.getvalue().endswith("balls\n\r\x1b[K1 of 1 jobs done\n")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(20, "less than a minute"), (240, "about 4 min"), (7800, "about 2 h 10 min"), (7200, "about 2 h")],
)
def test_durations_are_rounded(seconds, text):
    assert duration(seconds) == text


def test_the_last_line_names_the_files_and_the_page_to_look_at(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("reports").mkdir()
    for suffix in ("csv", "html"):
        Path(f"reports/table2.{suffix}").touch()
    job = SimpleNamespace(output=[], input=["reports/table2.csv"])
    workflow = SimpleNamespace(output_settings=SimpleNamespace(quiet=None), dag=SimpleNamespace(targetjobs=[job]))
    made_files.say(workflow)
    assert capsys.readouterr().err == "Made reports/table2.csv; look at reports/table2.html\n"
    whole = [f"reports/table2.{suffix}" for suffix in ("csv", "md", "tex", "html", "json")]
    for file in whole:
        Path(file).touch()
    assert made_files.summary(whole).endswith("table2.tex and 2 more files; look at reports/table2.html")
    for number in range(5):
        Path(f"{number}.png").touch()
    assert made_files.summary([f"{number}.png" for number in range(5)]) == "Made 0.png, 1.png, 2.png and 2 more files"


def test_lines_that_tell_nothing_are_left_out(capfd):
    from snakemake.logging import logger

    handler = logging.StreamHandler()
    logger.addHandler(handler)
    try:
        hush(SimpleNamespace(output_settings=SimpleNamespace(verbose=False)))
        for line in ("Building DAG of jobs...", "Provided cores: 2", "Nothing to be done", None):
            handler.handle(logging.makeLogRecord({"msg": line, "levelno": logging.INFO}))
    finally:
        logger.removeHandler(handler)
    assert capfd.readouterr().err == "Nothing to be done\nNone\n"
