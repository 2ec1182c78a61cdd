"""Swapped codes (R-WAE, figure 2): two test sequences, and each one's content with the motion of the other.

The first and the last line of a pair are the sequences, as in the paper. Next to each stands the sequence that takes
its motion from it, so that frames whose motion should be the same stand below each other. The pairs are those of
motion_swap.py. The codes are of all frames of the film, also of those beyond the length of training.
"""

from pathlib import Path

from latentmotion.models import base as contract
from latentmotion.reporting.drawing.image_grid import Block, Panel, film, gif, numbered, png, stack
from latentmotion.reporting.drawing.sequences import extent, swaps
from latentmotion.reporting.drawing.trained_run import Shown, open_runs

PAPER = "R-WAE"
NUMBER = "figure 2"
CAPTION = "Swapped codes: pairs of test sequences, and the content of each with the motion of the other"


def render(runs: list[Path], settings: dict, device: str) -> dict[str, bytes]:
    """Options: `pairs` (3), `length` in frames (as in training), and `steps`, how many the still shows (all)."""
    options = settings["options"]
    panels = []
    for run in open_runs(runs, settings, device, {contract.ENCODE}):
        length = options.get("length", run.split.x.shape[1])
        panels.append(Panel(f"{run.title}{extent(run, length)}", blocks(run, options.get("pairs", 3), length)))
    stills = [numbered(panel.title, panel.blocks, options.get("steps")) for panel in panels]
    return {"png": png(stack(stills)), "gif": gif(film(panels))}


def blocks(run: Shown, count: int, length: int) -> list[Block]:
    """For each pair: A, the content of B with the motion of A, the content of A with the motion of B, and B."""
    found = swaps(run, count, length)
    return [Block(f"pair {n + 1}", [a, b_as_a, a_as_b, b]) for n, (a, b, a_as_b, b_as_a) in enumerate(found)]
