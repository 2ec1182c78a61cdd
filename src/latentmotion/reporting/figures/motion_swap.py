"""Motion swaps (HALO, figures 5, 6 right and S9): two test sequences, and each with the motion of the other.

Pairs are not selected by eye. They differ in group, in action and in every content label, and are drawn by a fixed key.
The sheets are those of swap.py, so that the models of both papers can be compared.
"""

from pathlib import Path

from latentmotion.reporting.drawing.sequences import swap_sheets

PAPER = "HALO"
NUMBER = "figures 5, 6 right and S9"
CAPTION = "Motion swaps: pairs of test sequences, and each one's content with the motion of the other"
SEE = "A and B should stay who they are and exchange what they do: neighbours move alike."


def render(runs: list[Path], settings: dict, device: str) -> dict[str, bytes]:
    """Options: `pairs` of each data set (3)."""
    return swap_sheets(runs, settings, device)
