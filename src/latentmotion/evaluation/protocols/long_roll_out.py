"""long-roll-out: what sequences show that are generated far beyond the length of training (HALO, section 4.1 and 5).

HALO shows pictures of 100 frames and says that content and action stay the same. Here the judges look at the first T
frames of the generated sequence, where T is the length of training, and at the last window of T frames that starts at a
multiple of T, so that a cycle of T frames begins with the same phase in both. A model that predicts continues the first
frame of a test sequence with its own action. Any other model decodes the content of the sequence with as many frames of
motion from its prior; such motion has the sequence's action only if the prior is given the action.
"""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from latentmotion.core.keyed_random import normal
from latentmotion.core.pixels import to_float
from latentmotion.evaluation.metrics.accuracy import accuracy
from latentmotion.evaluation.metrics.image_quality import mse
from latentmotion.evaluation.metrics.relative import relative
from latentmotion.evaluation.metrics.slope import slope
from latentmotion.evaluation.protocols.base import EvaluationContext, subset, within
from latentmotion.models import base as contract
from latentmotion.training.batches import batch_of

NAME = "long-roll-out"
NEEDS = frozenset({contract.ENCODE, contract.SAMPLE_MOTION})
DATASETS = ("faces", "sprites")
SEQUENCES, AT_ONCE = 256, 16


def applies(context: EvaluationContext) -> bool:
    """To sequences without hidden frames, whose judges there are."""
    return bool(context.judges) and bool(context.split.seen.all())


def scored(context: EvaluationContext) -> int:
    """The number of rolled-out sequences."""
    return min(SEQUENCES, len(context.split))


def measure(context: EvaluationContext) -> dict[str, float]:
    """Metrics of sequences of rollout_length frames.

    <label>_accuracy_first, <label>_accuracy_last: the accuracy of the judge on the first window and on the last one.
        They are missing for `action` where the motion comes from a prior that is not given the action.
    <label>_same: the share of sequences whose judged class is the same in both windows.
    <label>_kept: <label>_accuracy_last / <label>_accuracy_first.
    change, change_last: the mean squared change of intensities from frame to frame in the last quarter of
        predict_length frames, and in that of rollout_length frames, divided by that of the real sequences
        (`real_changes`). 1 is as much motion as real sequences have, 0 is rest.

    Where the model predicts and sequences repeat, so that the truth is known:
    mse_first, mse_last: the mean squared error over the first window without the given frame, and over the last one.
    mse_growth: mse_last / mse_first.
    mse_slope: the slope of the line fitted to the mean error of each predicted frame of the whole roll-out, per frame.
    """
    frames, length = context.split.x.shape[1], context.settings["rollout_length"]
    windows = {"first": slice(0, frames), "last": slice((length // frames - 1) * frames, length // frames * frames)}
    predicts = contract.PREDICT in context.model.capabilities
    seen: dict[tuple, list] = {(label, name): [] for label in context.judges for name in windows}
    spans = {"change": last_quarter(context.settings["predict_length"]), "change_last": last_quarter(length)}
    moved: dict[str, list] = {name: [] for name in spans}
    errors, order = [], []
    for ids, x in rolled_out(context, length):
        order.append(ids)
        for (label, name), found in seen.items():
            found.append(context.judges[label].probabilities(x[:, windows[name]]).cpu().numpy())
        for name, span in spans.items():
            moved[name].append(torch.stack([changes(x[:, span]).cpu(), real_changes(context, ids, span)]))
        if predicts and context.split.repeats:
            truth = torch.from_numpy(np.array(context.split.truth(length, ids))).to(x.device).float() / 255
            errors.append(mse(((x + 1) / 2).clamp(0, 1), truth).cpu().double())
    metrics = _judged(context, np.concatenate(order), {key: np.concatenate(parts) for key, parts in seen.items()})
    metrics |= {name: relative(*torch.cat(parts, dim=1).mean(1)).item() for name, parts in moved.items()}
    if errors:
        by_frame = torch.cat(errors).mean(0)
        first, last = by_frame[1:frames].mean(), by_frame[windows["last"]].mean()
        metrics |= {
            "mse_first": first.item(), "mse_last": last.item(), "mse_growth": relative(last, first).item(),
            "mse_slope": slope(by_frame[1:].numpy()),
        }  # fmt: skip
    return metrics


def rolled_out(context: EvaluationContext, length: int) -> Iterator[tuple[np.ndarray, Tensor]]:
    """Indices of real sequences and the generated ones (B, length, C, H, W) in [-1, 1], a few at a time."""
    model = context.model
    chosen = subset(context.split, SEQUENCES, NAME)
    for ids in np.array_split(chosen, -(-len(chosen) // AT_ONCE)):
        batch = batch_of(context.split, ids, context.train.group, context.device)
        if contract.PREDICT in model.capabilities:
            x = model.predict(batch.x[:, :1], length, batch.action)
        else:
            noise = normal(ids, model.motion_noise(length), context.seed, NAME).to(context.device)
            x = model.decode(model.encode(batch.x, batch.action)[0], model.sample_motion(batch.action, length, noise))
        yield ids, within(x)


def changes(x: Tensor) -> Tensor:
    """The squared change of the intensities in [0, 1] from frame to frame of x (B, T, C, H, W) in [-1, 1]: (B,)."""
    return (x[:, 1:] - x[:, :-1]).square().flatten(1).double().mean(1) / 4


def last_quarter(length: int) -> slice:
    """The last quarter of `length` frames, at least two."""
    return slice(length - max(2, length // 4), length)


def real_changes(context: EvaluationContext, ids: np.ndarray, span: slice) -> Tensor:
    """The changes of real sequences in the same frames, (B,), or over all their frames where those are not known.

    A real motion is not equally fast at every time, so that another part of it would not be comparable.
    """
    split = context.split
    known = split.x.shape[1] if split.continued is None else split.continued.shape[1]
    there = split.repeats or span.stop <= known
    x = split.truth(span.stop, ids)[:, span] if there else split.x[ids]
    return changes(to_float(torch.from_numpy(np.array(x))))


def _judged(context: EvaluationContext, ids: np.ndarray, seen: dict[tuple, np.ndarray]) -> dict[str, float]:
    metrics = {}
    for label in context.judges:
        first, last = seen[label, "first"], seen[label, "last"]
        metrics[f"{label}_same"] = float(np.mean(first.argmax(1) == last.argmax(1)))
        given = {contract.PREDICT, contract.ACTION_MOTION} & context.model.capabilities
        if label == "action" and not given:
            continue
        known = context.split.labels[label][ids]
        right = {"first": accuracy(first, known), "last": accuracy(last, known)}
        metrics |= {f"{label}_accuracy_{name}": value for name, value in right.items()}
        if right["first"]:
            metrics[f"{label}_kept"] = right["last"] / right["first"]
    return metrics
