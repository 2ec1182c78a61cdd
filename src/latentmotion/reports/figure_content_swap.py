"""Content swaps (HALO, figure 3): two test sequences, their reconstructions, and each with the content of the other.

Pairs differ in every content label. Test sequences stand in a random order of a fixed key, and each that is not yet
shown is paired with the next that differs.
"""

from pathlib import Path

import numpy as np

from latentmotion import model as contract
from latentmotion.errors import UserError
from latentmotion.sheet import Block, Clip, Panel, film, gif, png, still
from latentmotion.shown import Shown, open_runs
from latentmotion.training.samples import to_uint8
from latentmotion.training.seeds import permutation

PAPER = "HALO"
NUMBER = "figure 3"
CAPTION = "Content swaps: pairs of test sequences, their reconstructions, and each with the content of the other"


def render(runs: list[Path], settings: dict, device: str) -> dict[str, bytes]:
    """Options: `pairs` of each dataset (2)."""
    shown = open_runs(runs, settings, device, {contract.ENCODE})
    panels = [Panel(run.title, swaps(run, settings["options"].get("pairs", 2))) for run in shown]
    return {"png": png(still(panels)), "gif": gif(film(panels))}


def swaps(run: Shown, wanted: int) -> list[Block]:
    """For each pair: original A and B, reconstruction A and B, content swapped A and B (the motion is A's and B's)."""
    labels = [name for name, spec in run.specs.items() if spec.kind == "content"]
    found = pairs(run, labels, wanted)
    if not found:
        raise UserError(
            f"{run.name}: no two test sequences differ in content (labels {labels}); take the dataset off the figure"
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


def pairs(run: Shown, labels: list[str], wanted: int) -> list[tuple[int, int]]:
    """Up to `wanted` disjoint pairs of ids that differ in group and in every content label."""
    if not labels:
        return []
    left = list(map(int, permutation(len(run.split), "content swap figure")))
    keys = np.stack([run.split.group, *(run.split.labels[name] for name in labels)])
    found = []
    while left and len(found) < wanted:
        a = left.pop(0)
        b = next((b for b in left if (keys[:, a] != keys[:, b]).all()), None)
        if b is not None:
            left.remove(b)
            found.append((a, b))
    return found
