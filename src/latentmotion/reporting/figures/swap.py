"""Swapped codes (R-WAE, figure 2): two test sequences, and each one's content with the motion of the other.

The first and the last line of a pair are the sequences, as in the paper. Next to each stands what takes its motion from
it, so that frames whose motion should be the same lie on top of each other. Pairs are those of figure_motion_swap;
codes are of all frames of the film, also of those beyond the length of training.
"""

from pathlib import Path

from latentmotion.models import base as contract
from latentmotion.reporting.drawing.image_grid import Block, Panel, film, gif, numbered, png, stack
from latentmotion.reporting.drawing.trained_run import Shown, open_runs
from latentmotion.reporting.figures.motion_swap import swaps

PAPER = "R-WAE"
NUMBER = "figure 2"
CAPTION = "Swapped codes: pairs of test sequences, and the content of each with the motion of the other"


def render(runs: list[Path], settings: dict, device: str) -> dict[str, bytes]:
    """Options: `pairs` (3), `length` in frames (as in training), `steps` of them in the still (all)."""
    options = settings["options"]
    panels = []
    for run in open_runs(runs, settings, device, {contract.ENCODE}):
        length = options.get("length", run.split.x.shape[1])
        panels.append(Panel(f"{run.title}{extent(run, length)}", blocks(run, options.get("pairs", 3), length)))
    stills = [numbered(panel.title, panel.blocks, options.get("steps")) for panel in panels]
    return {"png": png(stack(stills)), "gif": gif(film(panels))}


def blocks(run: Shown, count: int, length: int) -> list[Block]:
    """For each pair: A, content of B with motion of A, content of A with motion of B, B."""
    found = swaps(run, count, length)
    return [Block(f"pair {n + 1}", [a, b_as_a, a_as_b, b]) for n, (a, b, a_as_b, b_as_a) in enumerate(found)]


def extent(run: Shown, length: int) -> str:
    """For titles: how long sequences are, where that is not what the model was trained on."""
    trained = run.split.x.shape[1]
    return f", T = {length}" + (f" (trained on {trained})" if length != trained else "")
