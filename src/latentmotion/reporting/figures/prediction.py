"""Prediction (HALO, figures 4 and S6): a sequence, its reconstruction, and a sequence generated from its first frame.

The reconstruction is made from all frames of the figure, also those beyond the length of training. The generated
sequence is made from the first frame and the action.
"""

from pathlib import Path

from latentmotion.core.pixels import to_uint8
from latentmotion.models import base as contract
from latentmotion.reporting.drawing.image_grid import Block, Clip, Panel, film, gif, png, still
from latentmotion.reporting.drawing.trained_run import Shown, open_runs

PAPER = "HALO"
NUMBER = "figures 4 and S6"
CAPTION = "Prediction: test sequences, their reconstructions, and sequences generated from the first frame only"
SEE = "The third sequence of each block is made from the first frame alone and should match the first one."


def render(runs: list[Path], settings: dict, device: str) -> dict[str, bytes]:
    """Options: `sequences`, the number of sequences of each data set (3), and `length` in frames (16)."""
    count, length = settings["options"].get("sequences", 3), settings["options"].get("length", 16)
    shown = open_runs(runs, settings, device, {contract.ENCODE, contract.PREDICT})
    panels = [Panel(run.title, predictions(run, count, length)) for run in shown]
    return {"png": png(still(panels)), "gif": gif(film(panels))}


def predictions(run: Shown, count: int, length: int) -> list[Block]:
    """For each chosen sequence: the original, its reconstruction and the generated sequence."""
    ids = run.choose(count, "prediction figure")
    truth, (x, action) = run.split.truth(length, ids), run.given(ids)
    reconstructed = to_uint8(run.model.decode(*run.model.encode(run.tensor(truth), action)))
    generated = to_uint8(run.model.predict(x[:, :1], length, action))
    return [
        Block(
            run.called(i),
            [Clip(truth[n], "original"), Clip(reconstructed[n], "reconstruction"), Clip(generated[n], "generated")],
        )
        for n, i in enumerate(ids)
    ]
