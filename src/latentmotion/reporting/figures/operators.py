"""Operators of the unconditional model (HALO, supplementary figure 2): one frame under each H_k alone, and under H.

H is block diagonal. Under the k-th block alone the state of that subspace moves and the others stay where the frame
put them, so that every row begins with the same picture.
"""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from latentmotion.core.errors import UserError
from latentmotion.models import base as contract
from latentmotion.reporting.drawing.image_grid import Block, Clip, Panel, film, gif, png, still
from latentmotion.reporting.drawing.trained_run import Shown, open_runs

PAPER = "HALO"
NUMBER = "figure S2"
CAPTION = "Unconditional operators: the first frame of a test sequence under each operator alone and under all of them"


def render(runs: list[Path], settings: dict, device: str) -> dict[str, bytes]:
    """Options: `starts`, starting frames of each dataset (1), `length` in frames (16)."""
    count, length = settings["options"].get("starts", 1), settings["options"].get("length", 16)
    shown = open_runs(runs, settings, device, {contract.ENCODE, contract.DYNAMICS})
    panels = [Panel(run.title, operators(run, count, length)) for run in shown]
    return {"png": png(still(panels)), "gif": gif(film(panels))}


def operators(run: Shown, count: int, length: int) -> list[Block]:
    """For each chosen sequence: its first frame, one row an operator, and all operators at once."""
    if contract.ACTION_MOTION in run.model.capabilities:
        raise UserError(
            f"{run.name}: conditional, so one operator moves at a time; show an unconditional model instead"
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


def alone(whole: Tensor) -> Tensor:
    """A path of all operators (1, L, K, S) -> the paths of each alone (K, L, K, S), the others at rest at time 0."""
    operators = whole.shape[2]
    moves = torch.eye(operators, dtype=torch.bool, device=whole.device)[:, None, :, None]
    return torch.where(moves, whole, whole[:, :1])
