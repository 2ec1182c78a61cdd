"""Unconditional videos (Hamiltonian GAN, figures 2 to 6): test sequences of one system, and samples of every model.

The paper draws 5 samples of each model and shows the best. Here nothing is selected: test sequences are drawn by a
fixed key, and the samples of each model are those with the first numbers.
"""

from pathlib import Path

from PIL import Image

from latentmotion.core.errors import UserError
from latentmotion.models import base as contract
from latentmotion.reporting.drawing.image_grid import Block, Clip, gif, grid, moment, png, stack, timeline
from latentmotion.reporting.drawing.sequences import by_dataset, samples, together
from latentmotion.reporting.drawing.trained_run import Shown, open_runs

PAPER = "HGAN"
NUMBER = "figures 2 to 6"
CAPTION = "Unconditional videos: test sequences, and the first samples of each model, not the best ones"
SEE = "The videos of a good model look like the test sequences and keep moving as they do."

SIDE, WIDE = 64, 160  # smallest width of a frame in pixels: in the still and in the film


def render(runs: list[Path], settings: dict, device: str) -> dict[str, bytes]:
    """Options: `samples`, the number of samples of each model and of test sequences (3)."""
    shown = open_runs(runs, settings, device, {contract.SAMPLE_CONTENT, contract.SAMPLE_MOTION})
    stills, films = [], []
    for title, of_one in by_dataset(shown, settings["scale"]).items():
        blocks, dt = rows(of_one, settings["options"].get("samples", 3)), _dt(of_one[0])
        stills.append(_still(title, blocks, dt))
        films.append(_film(title, blocks, dt))
    return {"png": png(stack(stills)), "gif": gif(together(films))}


def rows(runs: list[Shown], count: int) -> list[Block]:
    """A block of test sequences, then a block of as many samples for every run on that data set."""
    split, ids = runs[0].split, runs[0].choose(count, "generated videos figure")
    data = Block("data", [Clip(split.x[i], f"test {i}") for i in ids])
    return [data, *(Block(run.system, samples(run, len(ids), split.x.shape[1])) for run in runs)]


def _dt(run: Shown) -> float:
    """The time between two frames; raises UserError for data of no simulated system."""
    facts = run.data.facts
    if "dt" not in facts:
        raise UserError(
            f"{run.data.folder}: the data are of no simulated system, so that frames have no time; remove the dataset "
            "from the figure"
        )
    return facts["dt"]


def _still(title: str, blocks: list[Block], dt: float) -> Image.Image:
    """All frames of a video in a line, under their times."""
    words = [f"{frame * dt:.2f}" for frame in range(len(blocks[0].clips[0].frames))]
    return timeline(title, blocks, "time", words, SIDE)


def _film(title: str, blocks: list[Block], dt: float) -> list[Image.Image]:
    """A column of videos for the data and one for each model; the title ends with the time."""
    videos = [[Clip(clip.frames, "" if i else block.heading) for i, clip in enumerate(block.clips)] for block in blocks]
    return [
        grid(
            f"{title}, t = {frame * dt:.2f}",
            [[moment(clip, frame, WIDE) for clip in row] for row in zip(*videos, strict=True)],
            together=len(videos[0]),
        )
        for frame in range(len(blocks[0].clips[0].frames))
    ]
