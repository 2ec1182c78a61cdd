"""Motion swaps (HALO, figures 5, 6 right and S9): two test sequences, and each with the motion of the other.

Pairs are not selected by eye. They differ in group, in action and in every content label, and are drawn by a fixed key.
"""

from pathlib import Path

from latentmotion.models import base as contract
from latentmotion.reporting.drawing.image_grid import Clip, gif, grid, moment, png, stack, strip
from latentmotion.reporting.drawing.sequences import swaps
from latentmotion.reporting.drawing.trained_run import open_runs

PAPER = "HALO"
NUMBER = "figures 5, 6 right and S9"
CAPTION = "Motion swaps: pairs of test sequences, and each one's content with the motion of the other"


def render(runs: list[Path], settings: dict, device: str) -> dict[str, bytes]:
    """The still shows all frames with one content in a line; the film shows a pair in a row.

    Options: `pairs` of each data set (4).
    """
    wanted, shown = settings["options"].get("pairs", 4), open_runs(runs, settings, device, {contract.ENCODE})
    panels = [(run.title, swaps(run, wanted, run.split.x.shape[1])) for run in shown]
    length = max(len(clip.frames) for _, pairs in panels for pair in pairs for clip in pair)
    still = [grid(name, [row for pair in pairs for row in _lines(pair)], together=2) for name, pairs in panels]
    film = [
        stack(
            [grid(name, [[moment(clip, time) for clip in pair] for pair in pairs]) for name, pairs in panels],
            across=True,
        )
        for time in range(length)
    ]
    return {"png": png(stack(still)), "gif": gif(film)}


def _lines(pair: list[Clip]) -> list[list]:
    """Two lines, each of one content: with its own motion, and with the motion of the other sequence."""
    a, b, a_moves_as_b, b_moves_as_a = map(strip, pair)
    return [[a, a_moves_as_b], [b, b_moves_as_a]]
