"""pixel-neighbours: the metrics of neighbours for mean frames instead of codes. This is its trivial baseline.

It needs no model: the real test sequences enter it. The mean over time blurs what moves and keeps what does not. Where
classes differ by colour or by what stands still, the mean frame is a good code, and a model whose content code is not
better than it has learnt nothing useful.
"""

import numpy as np

from latentmotion.evaluation.protocols.base import EvaluationContext
from latentmotion.evaluation.protocols.neighbours import labels, votes

NAME = "pixel-neighbours"
NEEDS = frozenset()


def applies(context: EvaluationContext) -> bool:
    """To data sets with at least one label of `neighbours.labels`."""
    return bool(labels(context))


def measure(context: EvaluationContext) -> dict[str, float]:
    """The metrics of neighbours."""
    frames = np.asarray(context.split.x).mean(1, dtype=np.float32)
    return votes(context, frames.reshape(len(frames), -1))
