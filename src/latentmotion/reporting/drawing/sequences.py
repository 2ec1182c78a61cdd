"""What several figures of sequences share: samples from the priors, swapped motions, operators one by one, titles."""

from itertools import groupby
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from latentmotion.core.errors import UserError
from latentmotion.core.keyed_random import normal
from latentmotion.core.pixels import to_uint8
from latentmotion.models import base as contract
from latentmotion.reporting.drawing.image_grid import Block, Clip, Panel, film, gif, numbered, png, shelf, stack
from latentmotion.reporting.drawing.trained_run import Shown, open_runs
from latentmotion.reporting.titles import learnt_note


def by_dataset(runs: list[Shown], scale: str) -> dict[str, list[Shown]]:
    """The runs on each data set, by a title of what they have in common: data set, training seeds and scale."""
    groups = [list(group) for _, group in groupby(runs, key=lambda run: run.split.name)]
    return {_common_title(of_one, scale): of_one for of_one in groups}


def _common_title(runs: list[Shown], scale: str) -> str:
    seeds = dict.fromkeys(run.name.split("/")[2].replace("seed", "seed ") for run in runs)
    title = ", ".join([runs[0].dataset, *seeds, f"scale {scale}"])
    return title + learnt_note(" ".join(run.system for run in runs))


def extent(run: Shown, length: int) -> str:
    """The end of a title: the length of the sequences, and the length in training where that differs."""
    trained = run.split.x.shape[1]
    return f", T = {length}" + (f" (trained on {trained})" if length != trained else "")


def together(films: list[list[Image.Image]]) -> list[Image.Image]:
    """Several films side by side as one; the shorter ones start again at their end."""
    length = max(len(film) for film in films)
    return [shelf([film[time % len(film)] for film in films]) for time in range(length)]


@torch.no_grad()
def samples(run: Shown, count: int, length: int) -> list[Clip]:
    """The first `count` samples of content and motion from the priors, over `length` frames.

    A model that takes action labels is given the actions in turn.
    """
    model, numbers = run.model, np.arange(count)
    action = run.on_device(numbers % len(run.actions))
    content, motion = (
        normal(numbers, size, "generated videos figure", part).to(run.device)
        for part, size in (("content", model.content_noise), ("motion", model.motion_noise(length)))
    )
    videos = to_uint8(model.decode(model.sample_content(content), model.sample_motion(action, length, motion)))
    return [Clip(video, f"sample {number}") for number, video in zip(numbers, videos, strict=True)]


def swaps(run: Shown, wanted: int, length: int) -> list[Block]:
    """For each pair A, B of test sequences: A, the content of B with the motion of A, the reverse, and B.

    Sequences that should move alike are neighbours, as in R-WAE's figure 2. The pairs differ in group, in action and in
    every content label, and are drawn by a fixed key. Both codes are of all `length` frames, also of those beyond the
    length of training. Raises UserError where there is no such pair.
    """
    labels = run.labels("motion", "content")
    found = run.pairs(labels, wanted, "motion-swap figure")
    if not found:
        raise UserError(
            f"{run.name}: no two test sequences differ in group and in all of {labels}; enlarge the data set"
        )
    ids = np.array(found).T.reshape(-1)
    truth = run.split.truth(length, ids)
    content, motion = run.model.encode(run.tensor(truth), run.on_device(run.split.labels["action"][ids]))
    swapped = to_uint8(run.model.decode(content, motion.roll(len(found), dims=0)))
    return [
        Block(
            f"pair {a + 1}",
            [
                Clip(truth[a], f"A: {_action_or_content(run, ids[a])}"),
                Clip(swapped[b], "B moving as A"),
                Clip(swapped[a], "A moving as B"),
                Clip(truth[b], f"B: {_action_or_content(run, ids[b])}"),
            ],
        )
        for a, b in zip(range(len(found)), range(len(found), len(ids)), strict=True)
    ]


def swap_sheets(runs: list[Path], settings: dict, device: str) -> dict[str, bytes]:
    """The picture and the film of swapped pairs, with which the figures of both papers have one layout.

    Options: `pairs` (3), `length` in frames (as in training), and `steps`, how many the still shows (all).
    """
    options = settings["options"]
    panels = []
    for run in open_runs(runs, settings, device, {contract.ENCODE}):
        length = options.get("length", run.split.x.shape[1])
        panels.append(Panel(f"{run.title}{extent(run, length)}", swaps(run, options.get("pairs", 3), length)))
    stills = [numbered(panel.title, panel.blocks, options.get("steps")) for panel in panels]
    return {"png": png(stack(stills)), "gif": gif(film(panels))}


def _action_or_content(run: Shown, i: int) -> str:
    """The action of a test sequence; where the data set has only one, its content labels."""
    labels = run.split.labels
    if len(run.actions) > 1:
        return run.actions[labels["action"][i]]
    return ", ".join(f"{name} {run.specs[name].classes[labels[name][i]]}" for name in run.labels("content"))


def alone(whole: Tensor) -> Tensor:
    """A path of all operators (1, L, K, S) -> K paths (K, L, K, S), in each of which one operator moves.

    The states of the other operators stay at their values of time 0.
    """
    operators = whole.shape[2]
    moves = torch.eye(operators, dtype=torch.bool, device=whole.device)[:, None, :, None]
    return torch.where(moves, whole, whole[:, :1])
