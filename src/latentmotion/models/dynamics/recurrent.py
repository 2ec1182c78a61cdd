"""A recurrent network as dynamics (HALO, section 4.1 and supplement 3.3: RNN)."""

import torch
from torch import Tensor

from latentmotion.models.dynamics.linear import Linear


class Recurrent(Linear):
    """K Elman networks h_t = tanh(A_k s_{t-1} + B_k h_{t-1} + b_k) with h_0 = s_0.

    The paper names an RNN and gives no equation. This one is the linear model of equation 12 with a squashed state, and
    the two differ in nothing else. What drives a step is described in linear.py.
    """

    def activate(self, hidden: Tensor) -> Tensor:
        return torch.tanh(hidden)
