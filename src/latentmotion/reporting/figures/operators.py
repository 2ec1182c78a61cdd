"""Operators of the unconditional model (HALO, supplementary figure 2): a frame moved by each H_k alone, and by H.

H is block diagonal. The k-th block alone moves the state in its subspace, while the other states stay as they are
inferred from the frame. Every row therefore starts with the same picture.
"""

from pathlib import Path

import numpy as np
import torch

from latentmotion.core.errors import UserError
from latentmotion.models import base as contract
from latentmotion.reporting.drawing.image_grid import Block, Clip, Panel, film, gif, png, still
from latentmotion.reporting.drawing.sequences import alone
from latentmotion.reporting.drawing.trained_run import Shown, open_runs

PAPER = "HALO"
NUMBER = "figure S2"
CAPTION = "Unconditional operators: the first frame of a test sequence, moved by each operator alone and by all of them"
SEE = "Each operator alone should move one thing; the last row, with all of them, should look like the test sequence."


def render(runs: list[Path], settings: dict, device: str) -> dict[str, bytes]:
    """Options: `starts`, the number of first frames of each data set (1), and `length` in frames (16)."""
    count, length = settings["options"].get("starts", 1), settings["options"].get("length", 16)
    shown = open_runs(runs, settings, device, {contract.ENCODE, contract.DYNAMICS})
    panels = [Panel(run.title, operators(run, count, length)) for run in shown]
    return {"png": png(still(panels)), "gif": gif(film(panels))}


def operators(run: Shown, count: int, length: int) -> list[Block]:
    """For each chosen sequence: its first frame, a row for each operator, and a row for all operators together."""
    if contract.ACTION_MOTION in run.model.capabilities:
        raise UserError(
            f"{run.name}: the model is conditional, so that one operator moves at a time; show an unconditional model "
            "instead"
        )
    blocks = []
    for i in run.choose(count, "operators figure"):
        x, action = run.given(np.array([i]))
        content, _ = run.model.encode(x[:, :1], action)
        whole = run.model.advance(run.model.state(x[:, :1], action), 0, length - 1)
        generated = run.roll(content.expand(run.model.operators + 1, -1), torch.cat([alone(whole), whole]))
        labels = [*(f"operator {k + 1}" for k in range(run.model.operators)), "all operators"]
        clips = [Clip(frames, label) for frames, label in zip(generated, labels, strict=True)]
        blocks.append(Block(f"from the first frame of {run.called(i)}", clips, Clip(run.split.x[i, :1], "start")))
    return blocks
