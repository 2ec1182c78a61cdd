"""gesture-prior: the gesture of another sequence in the sequence's own view, on Sprites.

An action of Sprites is a gesture in one of three views. The text of HALO counts gestures as actions (K = 3), so that
the view belongs to the content. This protocol asks for the gesture of the partner of motion-swap and for the view of
the sequence itself; motion comes from the prior, or, for `continued_`, from the first frame of the sequence. It is the
protocol for models with an operator for each gesture, and it can be read beside motion-prior and image-to-sequence,
which ask for the partner's view too.
"""

import numpy as np
import torch
from torch import Tensor

from latentmotion.core.keyed_random import normal
from latentmotion.data.datasets.sprites import VIEWS
from latentmotion.evaluation.protocols.base import EvaluationContext, subset
from latentmotion.models import base as contract

NAME = "gesture-prior"
NEEDS = frozenset({contract.ENCODE, contract.SAMPLE_MOTION, contract.ACTION_MOTION})
DATASETS = ("sprites",)
SEQUENCES = 512


def applies(context: EvaluationContext) -> bool:
    """Where there are judges, and actions are gestures in views."""
    return bool(context.judges) and "view" in context.split.labels


def scored(context: EvaluationContext) -> int:
    """The number of generated sequences."""
    return min(SEQUENCES, len(context.split))


def measure(context: EvaluationContext) -> dict[str, float]:
    """Shares of the generated sequences, in [0, 1]. Of motion from the prior:

    action_accuracy: the judge sees the partner's gesture in the sequence's own view.
    gesture_accuracy, view_accuracy: the judge sees this gesture, or this view.
    <label>_accuracy: the judge of a content label sees the label of the sequence.

    The same with `continued_` before the name, where the model can continue a first frame.
    """
    found: dict[str, list[np.ndarray]] = {}
    for ids, batch in context.batches(chosen=subset(context.split, SEQUENCES, NAME)):
        asked = asked_action(context, ids)
        action = torch.from_numpy(asked).to(context.device)
        content, _ = context.model.encode(batch.x, batch.action)
        frames = batch.x.shape[1]
        noise = normal(ids, context.model.motion_noise(frames), context.seed, NAME).to(context.device)
        made = {"": context.model.decode(content, context.model.sample_motion(action, frames, noise))}
        if contract.PREDICT in context.model.capabilities:
            made["continued_"] = context.model.predict(batch.x[:, :1], frames, action)
        for prefix, x in made.items():
            for name, hits in _hits(context, x, ids, asked).items():
                found.setdefault(prefix + name, []).append(hits)
    return {name: float(np.concatenate(hits).mean()) for name, hits in found.items()}


def asked_action(context: EvaluationContext, ids: np.ndarray) -> np.ndarray:
    """The partner's gesture in the sequences' own views, as actions (N,)."""
    action = context.split.labels["action"]
    return action[context.partners[ids]] // len(VIEWS) * len(VIEWS) + action[ids] % len(VIEWS)


def _hits(context: EvaluationContext, x: Tensor, ids: np.ndarray, asked: np.ndarray) -> dict[str, np.ndarray]:
    hits = {}
    for label, judge in context.judges.items():
        seen = judge.probabilities(x.float()).argmax(1).cpu().numpy()
        hits[f"{label}_accuracy"] = seen == (asked if label == "action" else context.split.labels[label][ids])
        if label == "action":
            hits["gesture_accuracy"] = seen // len(VIEWS) == asked // len(VIEWS)
            hits["view_accuracy"] = seen % len(VIEWS) == asked % len(VIEWS)
    return hits
