"""Content swaps (HALO, figure 3): two test sequences, their reconstructions, and each with the content of the other.

The pairs differ in group and in every content label, and are drawn by a fixed key.
"""

from pathlib import Path

import numpy as np

from latentmotion.core.errors import UserError
from latentmotion.core.pixels import to_uint8
from latentmotion.models import base as contract
from latentmotion.reporting.drawing.image_grid import Block, Clip, Panel, film, gif, png, still
from latentmotion.reporting.drawing.trained_run import Shown, open_runs

PAPER = "HALO"
NUMBER = "figure 3"
CAPTION = "Content swaps: pairs of test sequences, their reconstructions, and each with the content of the other"
SEE = "In the last columns the motion should be that of the pair's own sequence and the content that of the other."


def render(runs: list[Path], settings: dict, device: str) -> dict[str, bytes]:
    """Options: `pairs`, the number of pairs of each data set (2)."""
    shown = open_runs(runs, settings, device, {contract.ENCODE})
    panels = [Panel(run.title, swaps(run, settings["options"].get("pairs", 2))) for run in shown]
    return {"png": png(still(panels)), "gif": gif(film(panels))}


def swaps(run: Shown, wanted: int) -> list[Block]:
    """For each pair: A and B, their reconstructions, and both with the content of the other and their own motion."""
    labels = run.labels("content")
    found = run.pairs(labels, wanted, "content swap figure") if labels else []
    if not found:
        raise UserError(
            f"{run.name}: no two test sequences differ in content (labels {labels}); remove the dataset from the figure"
        )
    ids = np.array(found).T.reshape(-1)
    content, motion = run.model.encode(*run.given(ids))
    own = to_uint8(run.model.decode(content, motion))
    swapped = to_uint8(run.model.decode(content.roll(len(found), dims=0), motion))
    blocks = []
    for a, (i, j) in enumerate(found):
        b = a + len(found)
        shown = ((run.split.x[i], run.split.x[j]), (own[a], own[b]), (swapped[a], swapped[b]))
        rows = ("original", "reconstruction", "content swapped")
        clips = [
            Clip(frames, f"{row} {who}")
            for row, both in zip(rows, shown, strict=True)
            for who, frames in zip("AB", both, strict=True)
        ]
        blocks.append(Block(f"A: {run.called(i)}; B: {run.called(j)}", clips))
    return blocks
