"""Videos from nothing (Hamiltonian GAN, figures 2 to 6): test sequences of one system, and samples of every model.

The paper draws 5 of each model and shows the best. Here nothing is chosen: test sequences by a fixed key, and of each
model the samples with the first numbers.
"""

from itertools import groupby
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from latentmotion.core.errors import UserError
from latentmotion.core.keyed_random import normal
from latentmotion.core.pixels import to_uint8
from latentmotion.data.prepared import read_manifest
from latentmotion.models import base as contract
from latentmotion.reporting.display_names import dataset_label, system_label
from latentmotion.reporting.drawing.image_grid import Block, Clip, gif, grid, moment, png, shelf, stack, timeline
from latentmotion.reporting.drawing.trained_run import Shown, open_runs

PAPER = "HGAN"
NUMBER = "figures 2 to 6"
CAPTION = "Videos from nothing: test sequences, and of each model the first samples, not the best"

SIDE, WIDE = 64, 160  # pixels of a frame at least: side by side over time, and in the film


def render(runs: list[Path], settings: dict, device: str) -> dict[str, bytes]:
    """Options: `samples` of each model, and as many test sequences (3)."""
    shown = open_runs(runs, settings, device, {contract.SAMPLE_CONTENT, contract.SAMPLE_MOTION})
    stills, films = [], []
    for title, of_one in by_dataset(shown, settings["scale"]).items():
        blocks, dt = rows(of_one, settings["options"].get("samples", 3)), _dt(of_one[0])
        stills.append(_still(title, blocks, dt))
        films.append(_film(title, blocks, dt))
    return {"png": png(stack(stills)), "gif": gif(together(films))}


def by_dataset(runs: list[Shown], scale: str) -> dict[str, list[Shown]]:
    """The runs on each dataset under what they have in common: dataset, training seeds and scale."""
    groups = [list(group) for _, group in groupby(runs, key=lambda run: run.split.name)]
    return {_title(of_one, scale): of_one for of_one in groups}


def together(films: list[list[Image.Image]]) -> list[Image.Image]:
    """Several films as one; shorter ones begin anew."""
    length = max(len(film) for film in films)
    return [shelf([film[time % len(film)] for film in films]) for time in range(length)]


def rows(runs: list[Shown], count: int) -> list[Block]:
    """Test sequences, then samples of every run on that dataset, as many of each."""
    split, ids = runs[0].split, runs[0].choose(count, "generated videos figure")
    data = Block("data", [Clip(split.x[i], f"test {i}") for i in ids])
    return [data, *(Block(system(run), samples(run, len(ids), split.x.shape[1])) for run in runs)]


@torch.no_grad()
def samples(run: Shown, count: int, length: int) -> list[Clip]:
    """Content and motion from the prior, over `length` frames; models that can be asked are asked for the actions in
    turn."""
    model, numbers = run.model, np.arange(count)
    action = run.asked(numbers % len(run.actions))
    content, motion = (
        normal(numbers, size, "generated videos figure", part).to(run.device)
        for part, size in (("content", model.content_noise), ("motion", model.motion_noise(length)))
    )
    videos = to_uint8(model.decode(model.sample_content(content), model.sample_motion(action, length, motion)))
    return [Clip(video, f"sample {number}") for number, video in zip(numbers, videos, strict=True)]


def system(run: Shown) -> str:
    """How its model is called, without the rest of its title."""
    return system_label(run.name.split("/")[0])


def _title(runs: list[Shown], scale: str) -> str:
    datasets, seeds = zip(*(run.name.split("/")[1:] for run in runs), strict=True)
    return ", ".join(
        [dataset_label(datasets[0]), *dict.fromkeys(seed.replace("seed", "seed ") for seed in seeds), f"scale {scale}"]
    )


def _dt(run: Shown) -> float:
    """Time between frames."""
    folder = Path(run.split.name).parent
    facts = read_manifest(folder)["facts"]
    if "dt" not in facts:
        raise UserError(f"{folder}: no simulated system, its frames have no time; take the dataset off the figure")
    return facts["dt"]


def _still(title: str, blocks: list[Block], dt: float) -> Image.Image:
    """Every frame, its time above, a line a video."""
    words = [f"{frame * dt:.2f}" for frame in range(len(blocks[0].clips[0].frames))]
    return timeline(title, blocks, "time", words, SIDE)


def _film(title: str, blocks: list[Block], dt: float) -> list[Image.Image]:
    """A column of videos for the data and each model, the time behind the title."""
    videos = [[Clip(clip.frames, "" if i else block.heading) for i, clip in enumerate(block.clips)] for block in blocks]
    return [
        grid(
            f"{title}, t = {frame * dt:.2f}",
            [[moment(clip, frame, WIDE) for clip in row] for row in zip(*videos, strict=True)],
            together=len(videos[0]),
        )
        for frame in range(len(blocks[0].clips[0].frames))
    ]
