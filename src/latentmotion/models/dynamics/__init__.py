"""Dynamics: how a state of HALO's K motion subspaces moves in time. Each dynamics has a file of its own.

A state is (B, K, S). Of the S numbers of a subspace, the first `instant` are inferred from a single frame and the last
`windowed` from a window of frames, so S = instant + windowed. The decoder sees `visible` numbers of each subspace.
"""

from torch import Tensor, nn


class Dynamics(nn.Module):
    """The base class of every dynamics."""

    instant: int
    windowed: int
    visible: int
    framewise: bool = False  # whether states that are inferred from every frame drive the path; forward then takes them

    def forward(self, state: Tensor, first: int, last: int) -> Tensor:
        """Rolls a state (B, K, S) at time 0 out to the states (B, last - first + 1, K, S) at times first to last.

        Time 0 is among these times, so first is at most 0 and last is at least 0.
        """
        raise NotImplementedError

    def show(self, states: Tensor) -> Tensor:
        """Returns what the decoder sees of states (B, T, K, S), as (B, T, K, visible)."""
        return states[..., : self.visible]
