"""Sampled motion (R-WAE, figure 12): a test sequence, and its content with motions from the prior.

The first line of each block is the sequence, as in the paper. The motions below it are the first samples of the prior,
not the best ones; they are made from the same normal numbers in every block and for every model.
"""

from pathlib import Path

import numpy as np
import torch

from latentmotion.core.keyed_random import normal
from latentmotion.core.pixels import to_uint8
from latentmotion.models import base as contract
from latentmotion.reporting.drawing.image_grid import Block, Clip, Panel, film, gif, png, still
from latentmotion.reporting.drawing.trained_run import Shown, open_runs

PAPER = "R-WAE"
NUMBER = "figure 12"
CAPTION = "Sampled motion: test sequences, and the content of each with motions from the prior"
SEE = "The object should stay the same in all rows of a block while its motion differs."


def render(runs: list[Path], settings: dict, device: str) -> dict[str, bytes]:
    """Options: `sequences`, the number of sequences of each data set (3), and `motions` of each of them (3)."""
    count, motions = (settings["options"].get(name, 3) for name in ("sequences", "motions"))
    shown = open_runs(runs, settings, device, {contract.ENCODE, contract.SAMPLE_MOTION})
    panels = [Panel(run.title, sampled(run, count, motions)) for run in shown]
    return {"png": png(still(panels)), "gif": gif(film(panels))}


@torch.no_grad()
def sampled(run: Shown, count: int, motions: int) -> list[Block]:
    """For each chosen sequence: the sequence, and its content with each of the motions.

    A model that takes action labels is given that of the sequence.
    """
    ids, length = run.choose(count, "sampled motion figure"), run.split.x.shape[1]
    x, action = run.given(ids)
    content, _ = run.model.encode(x, action)
    noise = normal(np.arange(motions), run.model.motion_noise(length), "sampled motion figure").to(run.device)
    blocks = []
    for n, i in enumerate(ids):
        motion = run.model.sample_motion(action[n].repeat(motions), length, noise)
        videos = to_uint8(run.model.decode(content[n].expand(motions, -1), motion))
        clips = [Clip(video, f"motion {number + 1}") for number, video in enumerate(videos)]
        blocks.append(Block(run.called(i), [Clip(run.split.x[i], "real"), *clips]))
    return blocks
