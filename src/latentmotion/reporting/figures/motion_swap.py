"""Motion swaps (HALO, figures 5, 6 right and S9): two test sequences, and each with the motion of the other.

Pairs are not chosen by eye: they differ in group, in action and in every content label, and are drawn by a fixed key.
"""

from pathlib import Path

import numpy as np

from latentmotion.core.errors import UserError
from latentmotion.core.pixels import to_uint8
from latentmotion.models import base as contract
from latentmotion.reporting.drawing.image_grid import Clip, gif, grid, moment, png, stack, strip
from latentmotion.reporting.drawing.trained_run import Shown, open_runs

PAPER = "HALO"
NUMBER = "figures 5, 6 right and S9"
CAPTION = "Motion swaps: pairs of test sequences, and each one's content with the motion of the other"


def render(runs: list[Path], settings: dict, device: str) -> dict[str, bytes]:
    """The still shows every frame, content line by line; the film shows a pair a row. Options: `pairs` of each (4)."""
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
    """Two lines of one content each: as it is, and with the motion of the other."""
    a, b, a_moves_as_b, b_moves_as_a = map(strip, pair)
    return [[a, a_moves_as_b], [b, b_moves_as_a]]


def swaps(run: Shown, wanted: int, length: int) -> list[list[Clip]]:
    """For each pair A, B of test sequences: A, B, content of A with motion of B, and the reverse.

    Both codes are of all `length` frames, also of those beyond the length of training.
    """
    labels = run.labels("motion", "content")
    found = run.pairs(labels, wanted, "motion-swap figure")
    if not found:
        raise UserError(f"{run.name}: no two test sequences differ in group and in all of {labels}; enlarge it")
    ids = np.array(found).T.reshape(-1)
    truth = run.split.truth(length, ids)
    content, motion = run.model.encode(run.tensor(truth), run.asked(run.split.labels["action"][ids]))
    swapped = to_uint8(run.model.decode(content, motion.roll(len(found), dims=0)))
    return [
        [
            Clip(truth[a], f"A: {_named(run, ids[a])}"),
            Clip(truth[b], f"B: {_named(run, ids[b])}"),
            Clip(swapped[a], "A moving as B"),
            Clip(swapped[b], "B moving as A"),
        ]
        for a, b in zip(range(len(found)), range(len(found), len(ids)), strict=True)
    ]


def _named(run: Shown, i: int) -> str:
    """The action of a test sequence; where there is one only, what is shown."""
    labels = run.split.labels
    if len(run.actions) > 1:
        return run.actions[labels["action"][i]]
    return ", ".join(f"{name} {run.specs[name].classes[labels[name][i]]}" for name in run.labels("content"))
