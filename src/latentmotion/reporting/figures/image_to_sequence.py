"""Image to sequence (HALO, figures 6, S7, S8; S4 for other dynamics): one frame, continued for each action.

The model infers content and state from the first frame of a test sequence, in the subspace of the requested action, and
advances the state with the operator of this action. The paper's figure S4 shows Linear, RNN and HALO side by side; this
is the same figure with other models.
"""

from pathlib import Path

import numpy as np

from latentmotion.core.errors import UserError
from latentmotion.core.pixels import to_uint8
from latentmotion.models import base as contract
from latentmotion.reporting.drawing.image_grid import Block, Clip, Panel, film, gif, png, still
from latentmotion.reporting.drawing.trained_run import Shown, open_runs

PAPER = "HALO"
NUMBER = "figures 6, S4, S7 and S8"
CAPTION = "Image to sequence: the first frame of a test sequence, continued for each action of the data set"
SEE = "All sequences should show the same person or character, each doing the action that it is named after."


def render(runs: list[Path], settings: dict, device: str) -> dict[str, bytes]:
    """Options: `starts`, the number of first frames of each data set (1), and `length` in frames (16)."""
    count, length = settings["options"].get("starts", 1), settings["options"].get("length", 16)
    shown = open_runs(runs, settings, device, {contract.PREDICT, contract.ACTION_MOTION})
    panels = [Panel(run.title, continuations(run, count, length)) for run in shown]
    return {"png": png(still(panels)), "gif": gif(film(panels))}


def continuations(run: Shown, count: int, length: int) -> list[Block]:
    """For each chosen sequence: its first frame, and that frame continued for each action."""
    if len(run.actions) < 2:
        raise UserError(
            f"{run.name}: the dataset has one action only, so that no other can be requested; remove it from the figure"
        )
    ids, every = run.choose(count, "image to sequence figure"), np.arange(len(run.actions))
    blocks = []
    for i in ids:
        first, _ = run.given(np.array([i]))
        first = first[:, :1].expand(len(every), -1, -1, -1, -1)
        generated = to_uint8(run.model.predict(first, length, run.on_device(every)))
        clips = [Clip(frames, name) for frames, name in zip(generated, run.actions, strict=True)]
        blocks.append(Block(f"from the first frame of {run.called(i)}", clips, Clip(run.split.x[i, :1], "start")))
    return blocks
