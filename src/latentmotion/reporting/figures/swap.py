"""Swapped codes (R-WAE, figure 2): two test sequences, and each one's content with the motion of the other.

The first and the last line of a pair are the sequences, as in the paper. Next to each stands the sequence that takes
its motion from it, so that frames whose motion should be the same stand below each other. The pairs are those of
motion_swap.py. The codes are of all frames of the film, also of those beyond the length of training.
"""

from pathlib import Path

from latentmotion.reporting.drawing.sequences import swap_sheets

PAPER = "R-WAE"
NUMBER = "figure 2"
CAPTION = "Swapped codes: pairs of test sequences, and the content of each with the motion of the other"
SEE = (
    "In each pair the first two sequences should move alike, and so should the last two; the first and the third "
    "should show the same content, and so should the second and the last."
)


def render(runs: list[Path], settings: dict, device: str) -> dict[str, bytes]:
    """Options: `pairs` (3), `length` in frames (as in training), and `steps`, how many the still shows (all)."""
    return swap_sheets(runs, settings, device)
