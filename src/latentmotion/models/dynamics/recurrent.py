"""A recurrent network as dynamics (HALO, section 4.1 and supplement 3.3: RNN)."""

import torch
from torch import Tensor

from latentmotion.models.dynamics.linear import Linear


class Recurrent(Linear):
    """K Elman networks h_t = tanh(A_k s + B_k h_{t-1} + b_k), h_0 = s.

    The paper names an RNN and gives no equation; this is its linear one with a squashed state, so that the two differ
    in nothing else.
    """

    def activate(self, hidden: Tensor) -> Tensor:
        return torch.tanh(hidden)
