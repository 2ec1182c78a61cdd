"""The categorical action of a sequence, of which only the number of classes is known (R-WAE, section 3.4).

    q(a | z_1:T) from an LSTM over the motion codes;   p(a) = 1/A;   a relaxed by Gumbel noise in training

It stands behind every frame's motion code, z_t^R = (z_t, a). No label is used: which class is which action is not
known, so a model with it cannot be asked for an action by its label.
"""

import math
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from latentmotion.core.errors import UserError
from latentmotion.core.parallel_random import exponential_like

Compared = Literal["sequence", "batch"]  # whether q(a | x) of each sequence or the mean of a batch is to be uniform


class ActionVariable(nn.Module):
    """Motion codes (B, T, M) -> log probabilities of the classes (B, A)."""

    def __init__(self, motion: int, hidden: int, actions: int):
        super().__init__()
        if actions < 2:
            raise UserError("models.*.network.weak: needs a dataset with two actions or more; set it to false")
        self.actions = actions
        self.lstm = nn.LSTM(motion, hidden, batch_first=True)
        self.head = nn.Linear(hidden, actions)

    def forward(self, motion: Tensor) -> Tensor:
        return functional.log_softmax(self.head(self.lstm(motion)[0][:, -1]).float(), dim=1)

    def from_normal(self, noise: Tensor) -> Tensor:
        """Normal noise (B, A) -> a class of the uniform prior, one-hot: each number is as likely the largest."""
        return self.mode(noise)

    def mode(self, scores: Tensor) -> Tensor:
        """The class with the largest score (B, A), one-hot."""
        return functional.one_hot(scores.argmax(1), self.actions).float()


def relaxed(log_probabilities: Tensor, temperature: float) -> Tensor:
    """A sample of the Gumbel-softmax distribution (Jang et al., 2016; Maddison et al., 2016), (B, A)."""
    noise = -exponential_like(log_probabilities).log()
    return ((log_probabilities + noise) / temperature).softmax(1)


def kl_uniform(log_probabilities: Tensor) -> Tensor:
    """KL(q(a) || 1/A) of the categorical distributions, not of their relaxations: (B,), in nats, ln A at most."""
    return (log_probabilities.exp() * (log_probabilities + math.log(log_probabilities.shape[1]))).sum(1)


def kl_mean_uniform(log_probabilities: Tensor) -> Tensor:
    """KL(q(a) || 1/A) of the mean of all sequences' distributions, in nats: 0 where all classes are equally frequent.

    It leaves every sequence free to be sure of its class, which KL(q(a | x) || 1/A) charges with up to ln A.
    """
    return kl_uniform(log_probabilities.logsumexp(0, keepdim=True) - math.log(len(log_probabilities)))


def kl_action(log_probabilities: Tensor, compared: Compared) -> Tensor:
    """The divergence of the action from the uniform distribution, as a mean over the batch, in nats."""
    return (kl_uniform if compared == "sequence" else kl_mean_uniform)(log_probabilities).mean()


def behind(motion: Tensor, action: Tensor) -> Tensor:
    """Motion codes (B, T, M) and one action (B, A) -> (B, T, M + A)."""
    return torch.cat([motion, action[:, None].expand(-1, motion.shape[1], -1)], dim=2)
