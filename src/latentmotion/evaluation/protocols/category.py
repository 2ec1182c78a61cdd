"""category: whether the class that a model infers behind the motion is the action, though none was ever named.

R-WAE, section 5.2: higher accuracy "means the categorical variable best captures the actions". Which class stands for
which action is not learnt, so it is read off the training split: the one-to-one matching under which most of its
sequences are right. Scored is the class of each test sequence under that matching. Nothing is generated or judged.
"""

import numpy as np
import torch

from latentmotion.data.prepared import label_specs, read_manifest
from latentmotion.evaluation.protocols.base import Trial
from latentmotion.models import base as contract

NAME = "category"
NEEDS = frozenset({contract.ENCODE, contract.CATEGORY})


def applies(trial: Trial) -> bool:
    return trial.codes is not None and trial.codes.motion is not None


def measure(trial: Trial) -> dict[str, float]:
    """`category_accuracy`; a class that is drawn, or always the same one, scores 1 / (number of actions)."""
    motions = (trial.model.encode(batch.x, batch.action)[1] for _, batch in trial.batches(trial.train))
    known = torch.cat([trial.model.category(motion) for motion in motions]).cpu().numpy()
    actions = len(label_specs(read_manifest(trial.folder))["action"].classes)
    meaning = matched(known, trial.train.labels["action"], actions)
    found = trial.model.category(trial.codes.motion).cpu().numpy()
    return {"category_accuracy": float(np.mean(meaning[found] == trial.split.labels["action"]))}


def matched(category: np.ndarray, action: np.ndarray, actions: int) -> np.ndarray:
    """Which action each class stands for, (A,): one each, so that most of the sequences (N,) are right."""
    from scipy.optimize import linear_sum_assignment

    together = np.zeros((actions, actions), int)
    np.add.at(together, (category, action), 1)
    return linear_sum_assignment(together, maximize=True)[1]
