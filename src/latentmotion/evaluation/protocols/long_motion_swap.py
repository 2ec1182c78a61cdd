"""long-motion-swap: does swapped motion go on, or does it come to rest? (HALO, section 4.1 and figure 6)

The states inferred from sequence A are rolled out over many more frames than training had, and decoded with the content
of sequence B. Motion that comes to rest has no change from frame to frame.
"""

import numpy as np
import torch

from latentmotion.evaluation.metrics.relative import relative
from latentmotion.evaluation.protocols.base import EvaluationContext, subset
from latentmotion.evaluation.protocols.long_roll_out import AT_ONCE, changes
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
    that of real sequences over all their frames: 1 is as much motion as real sequences have, 0 is rest.

    change, change_last: over predict_length frames, and over rollout_length frames.
    """
    spans = {"change": context.settings["predict_length"], "change_last": context.settings["rollout_length"]}
    moved: dict[str, list] = {"real": [], **{name: [] for name in spans}}
    chosen = subset(context.split, SEQUENCES, NAME)
    for ids in np.array_split(chosen, -(-len(chosen) // AT_ONCE)):
        batch = batch_of(context.split, ids, context.train.group, context.device)
        content = context.codes.content[context.partners[ids]]
        path = context.model.advance(context.model.state(batch.x, batch.action), 0, max(spans.values()) - 1)
        moved["real"].append(changes(batch.x).cpu())
        for name, length in spans.items():
            last = path[:, length - max(2, length // 4) : length]
            x = context.model.decode(content, context.model.motion_of(last)).float().clamp(-1, 1)
            moved[name].append(changes(x).cpu())
    real = torch.cat(moved.pop("real")).mean()
    return {name: relative(torch.cat(parts).mean(), real).item() for name, parts in moved.items()}
