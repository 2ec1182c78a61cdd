"""Scores of a model, or of the real sequences, under protocols: what `evaluate` and `learnt` share."""

from types import ModuleType

import numpy as np
import torch

from latentmotion.core.errors import UserError
from latentmotion.core.keyed_random import key, permutation
from latentmotion.evaluation.judging import generated_batches, judge_batches
from latentmotion.evaluation.protocols.base import Codes, EvaluationContext
from latentmotion.models import base as contract


def score_protocols(context: EvaluationContext, considered: dict[str, ModuleType]) -> list[dict]:
    """The metrics of every considered protocol that the model, or the real data, can enter."""
    metrics = []
    capabilities = context.model.capabilities if context.model else frozenset()
    for protocol in considered.values():
        if not capabilities >= protocol.NEEDS or bool(protocol.NEEDS) != (context.model is not None):
            continue
        if hasattr(protocol, "applies") and not protocol.applies(context):
            continue
        if hasattr(protocol, "measure"):
            with torch.no_grad():
                scores = protocol.measure(context)
            count = protocol.scored(context) if scores and hasattr(protocol, "scored") else len(context.split)
            metrics += entries(protocol.NAME, scores, count)
        if hasattr(protocol, "generate") and context.judges:
            scores = judge_batches(context, generated_batches(context, protocol), protocol.NAME)
            metrics += entries(protocol.NAME, scores, len(context.split))
    return metrics


def swap_partners(group: np.ndarray, seed: int) -> np.ndarray:
    """For each sequence (N,) the index of one of another group: a permutation, keyed by the seed.

    Where the permutation pairs two sequences of one group, the partner is exchanged with that of another sequence.
    Raises UserError where this is impossible.
    """
    order = permutation(len(group), seed, "swap")
    for i in np.flatnonzero(group[order] == group):
        allowed = (group[order] != group[i]) & (group[order[i]] != group)
        if not allowed.any():
            raise UserError("motion-swap needs test sequences of two groups at least; enlarge the test split")
        j = np.flatnonzero(allowed)[key(seed, "repair", int(i)) % allowed.sum()]
        order[[i, j]] = order[[j, i]]
    return order


@torch.no_grad()
def encode(context: EvaluationContext) -> Codes:
    """The codes of every scored sequence, computed once for all protocols."""
    contents, motions = [], []
    encodes = contract.ENCODE in context.model.capabilities and context.split.seen.all()
    for _, batch in context.batches() if encodes else ():
        content, motion = context.model.encode(batch.x, batch.action)
        contents.append(content)
        motions.append(motion)
    firsts = [batch.x[:, :1] for _, batch in context.batches()]
    action = torch.from_numpy(context.split.labels["action"]).to(context.device)
    codes = (torch.cat(contents), torch.cat(motions)) if encodes else (None, None)
    return Codes(*codes, action, torch.cat(firsts), context.split.x.shape[1])


def entries(protocol: str, metrics: dict[str, float], count: int) -> list[dict]:
    """Metrics as the entries of a record."""
    return [
        {"protocol": protocol, "metric": name, "value": float(value), "n": count} for name, value in metrics.items()
    ]
