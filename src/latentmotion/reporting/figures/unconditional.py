"""Unconditional generation (R-WAE, figures 3 to 5): test sequences, and samples of content and motion from the priors.

The film shows a square of samples of each model (figures 4 and 5, which are films). The still is its last frame (figure
3) or, with the option `steps`, the first samples over time. Nothing is selected: test sequences are drawn by a fixed
key, and the samples of each model are those with the first numbers. Every model generates the whole length, whereas the
paper shows only its own model beyond 20 frames.
"""

from pathlib import Path

from PIL import Image

from latentmotion.models import base as contract
from latentmotion.reporting.drawing.image_grid import Block, Clip, gif, grid, note, numbered, png, stack, wall
from latentmotion.reporting.drawing.sequences import by_dataset, extent, samples, together
from latentmotion.reporting.drawing.trained_run import Shown, open_runs

PAPER = "R-WAE"
NUMBER = "figures 3 to 5"
CAPTION = "Unconditional generation: test sequences, and the first samples of each model's priors, not the best ones"
SEE = "The samples should be as sharp and as varied as the test sequences."

OVER_TIME = 3  # samples of each model in a still over time


def render(runs: list[Path], settings: dict, device: str) -> dict[str, bytes]:
    """Options: `samples`, the number of samples of each model and of test sequences (16), `length` in frames (as in
    training), and `steps`, how many of them the still shows (the last one).
    """
    options = settings["options"]
    shown = open_runs(runs, settings, device, {contract.SAMPLE_CONTENT, contract.SAMPLE_MOTION})
    stills, films = [], []
    for title, of_one in by_dataset(shown, settings["scale"]).items():
        length = options.get("length", of_one[0].split.x.shape[1])
        title, blocks = f"{title}{extent(of_one[0], length)}", rows(of_one, options.get("samples", 16), length)
        film = [_walls(title, blocks, time) for time in range(length)]
        stills.append(_still(title, blocks, options["steps"]) if "steps" in options else film[-1])
        films.append(film)
    return {"png": png(stack(stills)), "gif": gif(together(films))}


def rows(runs: list[Shown], count: int, length: int) -> list[Block]:
    """A block of test sequences over `length` frames, then a block of as many samples for every run on the data set."""
    ids = runs[0].choose(count, "unconditional figure")
    truth = runs[0].split.truth(length, ids)
    data = Block("data", [Clip(frames, f"test {i}") for i, frames in zip(ids, truth, strict=True)])
    return [data, *(Block(run.system, samples(run, len(ids), length)) for run in runs)]


def _still(title: str, blocks: list[Block], steps: int) -> Image.Image:
    return numbered(title, [Block(block.heading, block.clips[:OVER_TIME]) for block in blocks], steps)


def _walls(title: str, blocks: list[Block], time: int) -> Image.Image:
    return grid(title, [[wall(block, time) for block in blocks]], key=note(f"frame {time + 1}"))
