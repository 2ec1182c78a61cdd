"""Stopping a training before its last step: after a signal, or shortly before the time limit of its SLURM job.

SIGTERM is sent by what ends the job: SLURM (the job was cancelled, preempted or ran out of time), Snakemake, or a user.
SIGUSR1 means that the job should be run again. In both cases, and shortly before the time limit, the training finishes
the current step, saves its state and exits with code 75. After SIGKILL or a power failure, the work since the last
checkpoint is lost.
"""

import signal
import time

from latentmotion.core.errors import UserError
from latentmotion.training import slurm_job


class Again(UserError):
    """The training has stopped and saved its state; the same command continues from there."""

    code = 75  # EX_TEMPFAIL of sysexits.h; other errors exit with 1


class Stop:
    """Whether this process should save its state and exit.

    It handles signals from its construction on, so it must be made before the work begins.

    Arguments:
        margin: the seconds before the time limit of its SLURM job at which the training stops and is queued again.
    """

    def __init__(self, margin: float):
        self.margin = margin
        self.reason: str | None = None
        self.latest = slurm_job.latest(margin)
        for number in (signal.SIGTERM, signal.SIGUSR1):
            signal.signal(number, self._note)

    def wanted(self) -> bool:
        """Whether a signal has come or the time limit is near."""
        if self.reason is None and time.monotonic() > self.latest:
            self.latest = slurm_job.latest(self.margin)  # the limit may have been raised in the meantime
            if time.monotonic() > self.latest:
                self.reason = "the end of its SLURM job's time"
        return self.reason is not None

    def again(self, where: str) -> Again:
        """The error to raise after the state was saved.

        A job of SLURM that was not ended by a SIGTERM is put back into the queue.
        """
        queued = self.reason != "SIGTERM" and slurm_job.requeue()
        then = "SLURM runs it again" if queued else "run it again to go on"
        return Again(f"{where} by {self.reason}, state saved; {then}")

    def _note(self, number: int, frame: object) -> None:
        self.reason = signal.Signals(number).name
