"""Long roll-outs (HALO, section 4.1, "long-term sequence generation"): the first frame, continued for 100 frames.

A model that was trained on a few frames generates many times as many. The figure shows sequences of several actions,
each continued for its own action.
"""

from pathlib import Path

from latentmotion.core.pixels import to_uint8
from latentmotion.models import base as contract
from latentmotion.reporting.drawing.image_grid import Block, Clip, Panel, film, gif, png, still
from latentmotion.reporting.drawing.trained_run import Shown, open_runs

PAPER = "HALO"
NUMBER = "section 4.1, long-term generation"
CAPTION = "Long roll-outs: test sequences, and 100 frames generated from the first frame of each"
SEE = "The character should still be the same and do the same action in the last frame."


def render(runs: list[Path], settings: dict, device: str) -> dict[str, bytes]:
    """Options: `actions`, the number of actions of each data set (3), `length` in frames (100), and `line`, the number
    of frames in a line of the still (20).
    """
    options = settings["options"]
    count, length, line = options.get("actions", 3), options.get("length", 100), options.get("line", 20)
    panels = [
        Panel(run.title, rollouts(run, count, length)) for run in open_runs(runs, settings, device, {contract.PREDICT})
    ]
    broken = [Panel(panel.title, [wrapped(block, line) for block in panel.blocks]) for panel in panels]
    return {"png": png(still(broken)), "gif": gif(film(panels))}


def rollouts(run: Shown, count: int, length: int) -> list[Block]:
    """For each chosen sequence: the sequence, and its first frame continued to `length` frames."""
    ids = run.choose(count, "long figure")
    x, action = run.given(ids)
    generated = to_uint8(run.model.predict(x[:, :1], length, action))
    return [
        Block(run.called(i), [Clip(run.split.x[i], "original"), Clip(generated[n], "generated")])
        for n, i in enumerate(ids)
    ]


def wrapped(block: Block, line: int) -> Block:
    """The block with its generated sequence in lines of `line` frames, whose labels count frames from 1."""
    original, generated = block.clips
    count = len(generated.frames)
    parts = [
        Clip(generated.frames[start : start + line], f"frames {start + 1} to {min(start + line, count)}")
        for start in range(0, count, line)
    ]
    return Block(block.heading, [original, *parts])
