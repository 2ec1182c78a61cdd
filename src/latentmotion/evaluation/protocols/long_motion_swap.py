"""long-motion-swap: does swapped motion go on, or does it come to rest? (HALO, section 4.1 and figure 6)

The state inferred from all frames of sequence A is rolled back to its first frame and then over many more frames than
training had, and decoded with the content of sequence B. Motion that comes to rest has no change from frame to frame.
"""

import numpy as np
import torch

from latentmotion.evaluation.metrics.relative import relative
from latentmotion.evaluation.protocols.base import EvaluationContext, subset, within
from latentmotion.evaluation.protocols.long_roll_out import AT_ONCE, changes, last_quarter, real_changes
from latentmotion.models import base as contract
from latentmotion.training.batches import batch_of

NAME = "long-motion-swap"
NEEDS = frozenset({contract.ENCODE, contract.DYNAMICS})
DATASETS = ("faces", "sprites")
SEQUENCES = 256


def applies(context: EvaluationContext) -> bool:
    """To sequences that the model has encoded."""
    return context.codes is not None and context.codes.content is not None


def scored(context: EvaluationContext) -> int:
    """The number of swapped sequences."""
    return min(SEQUENCES, len(context.split))


def measure(context: EvaluationContext) -> dict[str, float]:
    """The mean squared change of intensities from frame to frame in the last quarter of a swapped sequence, divided by
    that of the sequences that lend their motion (`real_changes` of long_roll_out.py): 1 is as much motion, 0 is rest.

    change, change_last: over predict_length frames, and over rollout_length frames.
    """
    lengths = {"change": context.settings["predict_length"], "change_last": context.settings["rollout_length"]}
    moved: dict[str, list] = {name: [] for name in lengths}
    chosen, frames = subset(context.split, SEQUENCES, NAME), context.split.x.shape[1]
    for ids in np.array_split(chosen, -(-len(chosen) // AT_ONCE)):
        batch = batch_of(context.split, ids, context.train.group, context.device)
        content = context.codes.content[context.partners[ids]]
        state = context.model.state(batch.x, batch.action)
        path = context.model.advance(state, 1 - frames, max(0, max(lengths.values()) - frames))
        for name, length in lengths.items():
            span = last_quarter(length)
            x = within(context.model.decode(content, context.model.motion_of(path[:, span])))
            moved[name].append(torch.stack([changes(x).cpu(), real_changes(context, ids, span)]))
    return {name: relative(*torch.cat(parts, dim=1).mean(1)).item() for name, parts in moved.items()}
