"""When a training must stop before its end: it was asked to by a signal, or the time of its SLURM job is nearly over.

SIGTERM comes from whoever ends the job: SLURM (cancelled, preempted, out of time), Snakemake, a user. SIGUSR1 is a
notice that the job should be run again. Both, and the approach of the job's time limit, let the step end, save the
state and leave with exit code 75. What kills at once (SIGKILL, a power loss) costs the work since the last checkpoint.
"""

import signal
import time

from latentmotion.core.errors import UserError
from latentmotion.training import slurm_job


class Again(UserError):
    """The state is saved, and the same command goes on from it."""

    code = 75  # EX_TEMPFAIL of sysexits.h; an error has 1


class Stop:
    """Whether this process should save and leave. To be made before the work begins: signals are noted from then on.

    Arguments:
        margin: seconds before the time limit of its SLURM job, at which a training saves and has itself queued again.
    """

    def __init__(self, margin: float):
        self.margin = margin
        self.reason: str | None = None
        self.latest = slurm_job.latest(margin)
        for number in (signal.SIGTERM, signal.SIGUSR1):
            signal.signal(number, self._note)

    def wanted(self) -> bool:
        if self.reason is None and time.monotonic() > self.latest:
            self.latest = slurm_job.latest(self.margin)  # the limit may have been raised meanwhile
            if time.monotonic() > self.latest:
                self.reason = "the end of its SLURM job's time"
        return self.reason is not None

    def again(self, where: str) -> Again:
        """What to raise once the state is saved. A job that nobody else ends is put back into SLURM's queue."""
        queued = self.reason != "SIGTERM" and slurm_job.requeue()
        then = "SLURM runs it again" if queued else "run it again to go on"
        return Again(f"{where} by {self.reason}, state saved; {then}")

    def _note(self, number: int, _) -> None:
        self.reason = signal.Signals(number).name
