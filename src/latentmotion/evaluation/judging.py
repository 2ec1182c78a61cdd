"""What the judges of a data set decide about generated or real sequences, as metrics."""

import math
from collections.abc import Iterable, Iterator
from types import ModuleType

import numpy as np
import torch

from latentmotion.core.errors import UserError
from latentmotion.core.progress import progress
from latentmotion.evaluation.metrics.accuracy import accuracy
from latentmotion.evaluation.metrics.entropies import entropies
from latentmotion.evaluation.metrics.inception_score import inception_score
from latentmotion.evaluation.protocols.base import Codes, EvaluationContext, Generated


def real_batches(context: EvaluationContext) -> Iterator[Generated]:
    """The scored sequences themselves."""
    for _, batch in context.batches():
        yield Generated(batch.x, motion="own", content="own")


@torch.no_grad()
def generated_batches(context: EvaluationContext, protocol: ModuleType) -> Iterator[Generated]:
    """What a protocol generates for the scored sequences, in their order."""
    for ids, _ in context.batches():
        own, partner = _choose(context.codes, ids), _choose(context.codes, context.partners[ids])
        yield protocol.generate(context.model, own, partner, ids, context.seed)


def _choose(codes: Codes, ids: np.ndarray) -> Codes:
    parts = (codes.content, codes.motion, codes.action, codes.first)
    return Codes(*(None if part is None else part[ids] for part in parts), codes.frames)


def judge_batches(context: EvaluationContext, batches: Iterable[Generated], title: str) -> dict[str, float]:
    """Metric name -> value, over all scored sequences; empty where the data set has no judges.

    `<label>_accuracy` for each label that the sequences should have, and for `action` the entropies and the inception
    score of the judge's class probabilities. Raises UserError where not every scored sequence was judged.
    """
    judges, test, partners = context.judges, context.split, context.partners
    if not judges:
        return {}
    outputs: dict[str, list] = {label: [] for label in judges}
    with progress(f"evaluate {title}", len(test)) as bar:
        for generated in batches:
            origin = {"motion": generated.motion, "content": generated.content}
            for label, judge in judges.items():
                outputs[label].append(judge.probabilities(generated.x.float()).cpu().numpy())
            bar.update(len(generated.x))
    metrics = {}
    for label, judge in judges.items():
        probabilities = np.concatenate(outputs[label])
        if len(probabilities) != len(test):
            raise UserError(
                f"{title}: {len(probabilities)} of {len(test)} test sequences scored; the protocol is wrong"
            )
        source = origin[judge.record["kind"]]
        if source:
            targets = test.labels[label][partners] if source == "partner" else test.labels[label]
            metrics[f"{label}_accuracy"] = accuracy(probabilities, targets)
        if label == "action":
            h_y_given_x, h_y = entropies(probabilities)
            score = inception_score(probabilities)
            if not math.isclose(score, math.exp(h_y - h_y_given_x), rel_tol=1e-6):
                raise UserError(f"{title}: IS {score} is not exp(H(y) - H(y|x)); the judge's output is no distribution")
            metrics |= {"action_h_y_given_x": h_y_given_x, "action_h_y": h_y, "action_is": score}
    return metrics
