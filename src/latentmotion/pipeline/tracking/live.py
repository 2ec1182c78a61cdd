"""Trainings that have begun and have no evaluation yet, as their files show them. Nothing of a training is touched.

A training has a folder of checkpoints under state/ until it ends, and writes a line of progress into its log every 20
seconds. One whose files have not changed for SILENT seconds is taken as stopped.
"""

import json
import re
import time
from dataclasses import dataclass, field
from pathlib import Path

from latentmotion.core.errors import UserError
from latentmotion.core.names import is_name
from latentmotion.core.records import Run, read_record

SILENT = 300


@dataclass(frozen=True)
class Live:
    """A training: of which record it is the beginning, where it is, and how far."""

    scale: str
    model: str
    dataset: str
    seed: int
    settings: dict  # of the training; empty where nothing on disk states them
    start: int  # milliseconds since 1970
    end: int | None  # the same; None while it runs
    record: dict | None = None  # of a training that has ended
    losses: list[tuple[str, float, int]] = field(default_factory=list)  # name, value, step
    step: int = 0
    steps: int = 0

    @property
    def run(self) -> Path:
        """The folder of the trained run."""
        return Path("runs", self.scale, self.model, self.dataset, f"seed{self.seed}")

    @property
    def key(self) -> str:
        """The path of the evaluation record to be."""
        return Path("results", *self.run.parts[1:]).as_posix() + ".json"

    @property
    def seconds(self) -> float:
        """How long it took until now, with the breaks between its attempts where it has not ended."""
        if self.record:
            return self.record.get("seconds") or 0
        return (round(1000 * time.time()) if self.end is None else self.end) / 1000 - self.start / 1000

    @property
    def outcome(self) -> str:
        """MLflow's word for how a training that does not go on has ended."""
        if self.record is None:
            return "KILLED"
        return "FINISHED" if self.record.get("status", "ok") == "ok" else "FAILED"

    @property
    def status(self) -> str:
        """The state of the training in words."""
        if self.record:
            failed = self.record.get("status", "ok")
            return "trained, not evaluated yet" if failed == "ok" else failed
        where = f"step {self.step} of {self.steps}" if self.steps else "no step in its log yet"
        return f"training: {where}" if self.end is None else f"stopped: {where}; the same command continues it"


def trainings() -> list[Live]:
    """Every training that goes on, was stopped, or has ended and has no evaluation record."""
    ended = {file.parent for file in Path("runs").glob("*/*/*/seed*/record.json")}
    tokens = sorted(Path("state/runs").glob("*/*/*/seed*/*/token-1"), key=_time)  # of one run, the newest counts
    begun = {Path("runs", *file.parts[2:6]): file for file in tokens}
    found = []
    for run in sorted(ended | set(begun)):
        *names, seed = run.parts[1:]
        if not all(map(is_name, names)) or not re.fullmatch(r"seed\d{1,9}", seed):
            continue
        where = (*names, int(seed.removeprefix("seed")))
        evaluated = Path("results", *run.parts[1:-1], f"{seed}.json").is_file()
        going_on = _going_on(where, begun[run]) if run in begun else None
        if going_on and (going_on.end is None or not evaluated):
            found.append(going_on)
        elif not evaluated:
            found += _ended(where, run)
    return found


def _going_on(where: tuple[str, str, str, int], token: Path) -> Live:
    scale, model, dataset, seed = where
    log = Path("logs/train", scale, model, dataset, f"seed{seed}.log")
    lines = progress(log, f"{model} {dataset} seed {seed}")
    last = max(_time(file) for file in (log, *token.parent.iterdir()))
    end = last if time.time() - last > SILENT else None
    step, steps = lines[-1][:2] if lines else (0, 0)
    losses = [(f"loss/{name}", value, at) for at, _, name, value in lines if name]
    planned = _planned(Path("fingerprints", scale, "train", model, f"{dataset}.json"))
    end_ms = None if end is None else round(1000 * end)
    return Live(*where, planned, round(1000 * _time(token)), end_ms, losses=losses, step=step, steps=steps)


def _ended(where: tuple[str, str, str, int], run: Path) -> list[Live]:
    try:
        record = read_record(run / "record.json", Run)
    except UserError:  # the evaluation will say it
        return []
    end = round(1000 * _time(run / "record.json"))
    seconds = record.get("seconds") or 0
    return [Live(*where, record["settings"], end - round(1000 * seconds), end, record=record)]


def progress(log: Path, title: str) -> list[tuple[int, int, str, float]]:
    """The lines of progress of the last training in a log: step, all steps, name and value of the first loss.

    An attempt that continues another one counts with it; of a step that was done twice the later line counts. A line
    without a loss has an empty name.
    """
    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    pattern = rf"^{re.escape(title)}: (\d+)/(\d+), [\d.]+/s(?: ([\w/]+) ([-+.\deE]+))?"
    found: dict[int, tuple[int, int, str, float]] = {}
    for step, steps, name, value in re.findall(pattern, text, re.MULTILINE):
        if step == "0":
            found = {}
        found = {at: line for at, line in found.items() if at < int(step)}
        found[int(step)] = (int(step), int(steps), name, float(value) if name else 0.0)
    return list(found.values())


def _planned(fingerprint: Path) -> dict:
    """The settings of a training that Snakemake has planned."""
    try:
        return dict(json.loads(fingerprint.read_text(encoding="utf-8"))["settings"])
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _time(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:  # the training has just ended
        return 0.0
