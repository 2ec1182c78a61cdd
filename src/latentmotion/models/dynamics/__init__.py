"""Dynamics: how a state of HALO's K motion subspaces moves in time. One file each; the rest of a model stays the same.

A state is (B, K, S). What is read off a single frame (`instant` numbers of each subspace) and off a window of frames
(`windowed`) are its first and its last part: S = instant + windowed. The decoder sees `visible` numbers of a subspace.
"""

from torch import Tensor, nn


class Dynamics(nn.Module):
    """Base class."""

    instant: int
    windowed: int
    visible: int
    framewise: bool = False  # whether the states that are inferred from every frame drive the path

    def forward(self, state: Tensor, first: int, last: int) -> Tensor:
        """A state (B, K, S) at time 0 -> states (B, last - first + 1, K, S) at times first..last; 0 is among them."""
        raise NotImplementedError

    def show(self, states: Tensor) -> Tensor:
        """States (B, T, K, S) -> what the decoder sees of them, (B, T, K, visible)."""
        return states[..., : self.visible]
