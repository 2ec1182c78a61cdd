"""real-videos: real videos against other real ones, the floor of the Frechet distances. Of the data alone.

Two finite sets of one distribution lie apart: no generator can be expected to come nearer than this.
"""

from latentmotion.evaluation.protocols import generate
from latentmotion.evaluation.protocols.base import Trial

NAME = "real-videos"
NEEDS = frozenset()
FLOOR = ":real-floor"

scored = generate.scored


def applies(trial: Trial) -> bool:
    return bool(trial.watchers)


def measure(trial: Trial) -> dict[str, float]:
    """Test videos against as many training videos, by the identifier of the distance and `:real-floor`."""
    test, train = generate.clips(trial, trial.split), generate.clips(trial, trial.train)
    return {
        f"{generate.identifier(watcher, trial.settings)}{FLOOR}": generate.between(watcher, test, train)
        for watcher in trial.watchers
    }
