"""category: whether the class that a model infers from the motion is the action, without having seen action labels.

R-WAE, section 5.2: higher accuracy "means the categorical variable best captures the actions". Which class stands for
which action is not learnt, so it is determined on the training split: the one-to-one matching for which most of its
sequences are classified correctly. Then the class of each test sequence is scored with this matching. No sequence is
generated and no judge is used.
"""

import numpy as np
import torch

from latentmotion.evaluation.protocols.base import EvaluationContext
from latentmotion.models import base as contract

NAME = "category"
NEEDS = frozenset({contract.ENCODE, contract.CATEGORY})


def applies(context: EvaluationContext) -> bool:
    """To sequences that the model has encoded."""
    return context.codes is not None and context.codes.motion is not None


def measure(context: EvaluationContext) -> dict[str, float]:
    """`category_accuracy`, which is 1 / (number of actions) for a random or a constant class."""
    motions = (context.model.encode(batch.x, batch.action)[1] for _, batch in context.batches(context.train))
    known = torch.cat([context.model.category(motion) for motion in motions]).cpu().numpy()
    actions = len(context.data.labels["action"].classes)
    meaning = matched(known, context.train.labels["action"], actions)
    found = context.model.category(context.codes.motion).cpu().numpy()
    return {"category_accuracy": float(np.mean(meaning[found] == context.split.labels["action"]))}


def matched(category: np.ndarray, action: np.ndarray, actions: int) -> np.ndarray:
    """The action for which each class stands, (A,): the one-to-one matching with the most correct sequences (N,)."""
    from scipy.optimize import linear_sum_assignment

    together = np.zeros((actions, actions), int)
    np.add.at(together, (category, action), 1)
    return linear_sum_assignment(together, maximize=True)[1]
