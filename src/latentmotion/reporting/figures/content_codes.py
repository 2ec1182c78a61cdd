"""Content codes of test sequences as t-SNE, coloured by a content label (R-WAE, figure 6: SM-MNIST, coloured by digit).

t-SNE keeps neighbours but no distances. The title therefore gives the accuracy with which the nearest neighbours among
the codes themselves classify all test sequences (evaluation/protocols/neighbours.py), and that of chance. The film
shows some of the sequences at the places of their codes: sequences of one content and of different motions should lie
together. The sequences have the length of training, whereas the paper takes 10 frames.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from latentmotion.core.errors import UserError
from latentmotion.core.keyed_random import permutation
from latentmotion.evaluation.protocols.base import in_batches
from latentmotion.evaluation.protocols.neighbours import K, neighbours, vote
from latentmotion.models import base as contract
from latentmotion.reporting.drawing import plots
from latentmotion.reporting.drawing.image_grid import gif, grid, png, stack
from latentmotion.reporting.drawing.projections import PERPLEXITY, tsne
from latentmotion.reporting.drawing.sequences import by_dataset, together
from latentmotion.reporting.drawing.trained_run import Shown, open_runs

PAPER = "R-WAE"
NUMBER = "figure 6"
CAPTION = "Content codes of test sequences as t-SNE, coloured by a content label, and how well neighbours predict it"
SEE = "Sequences of one content should lie together, whatever their motion is."

COLOURS = (plots.BLUE, plots.VERMILION, plots.GREEN, plots.PURPLE, plots.ORANGE)
COLOURS += (plots.SKY, "#882255", "#8C6D1F", "#7A7A7A", "#332288")  # all of them are visible on black
SIZE, MARGINS = (560, 560), (14, 24, 14, 26)
THUMB, EDGE, APART = 34, 2, 4  # pixels: side of a sequence in the film, its border, gap between two sequences


@dataclass(frozen=True)
class Map:
    """The places of sequences by t-SNE of their content codes (N, 2), their classes (N,) and frames (N, T, C, H, W)."""

    title: str
    label: str
    names: tuple[str, ...]
    perplexity: float
    places: np.ndarray
    classes: np.ndarray
    frames: np.ndarray


def render(runs: list[Path], settings: dict, device: str) -> dict[str, bytes]:
    """Options: `sequences`, the number of sequences on the map (1000)."""
    count = settings["options"].get("sequences", 1000)
    shown = open_runs(runs, settings, device, {contract.ENCODE})
    stills, films = [], []
    for title, of_one in by_dataset(shown, settings["scale"]).items():
        maps = [chart(run, count) for run in of_one]
        title = f"{title}: content codes by {maps[0].label}"
        stills.append(grid(title, [[_dots(now) for now in maps]]))
        length = maps[0].frames.shape[1]
        films.append([grid(title, [pictures]) for pictures in zip(*(_film(now, length) for now in maps), strict=True)])
    return {"png": png(stack(stills)), "gif": gif(together(films))}


def chart(run: Shown, count: int) -> Map:
    """The map of up to `count` test sequences, drawn by a fixed key; the accuracy is that of all test sequences."""
    label = next(iter(run.labels("content")), None)
    if label is None or len(run.specs[label].classes) > len(COLOURS):
        raise UserError(
            f"{run.name}: the dots are coloured by the first content label, which must have at most {len(COLOURS)} "
            f"classes; got {label or 'none'}; remove the dataset from the figure"
        )
    classes = run.split.labels[label]
    with torch.no_grad():
        parts = [run.model.encode(*run.given(ids))[0] for ids in in_batches(len(run.split))]
    codes = torch.cat(parts).double().cpu().numpy()
    score, chance = vote(classes, neighbours(codes, run.split.group)), np.bincount(classes).max() / len(classes)
    ids = permutation(len(run.split), "content codes figure")[:count]
    perplexity = min(PERPLEXITY, len(ids) / 4)
    title = f"{run.system}: {K}-NN accuracy {score:.3f}, chance {chance:.3f}"
    places = tsne(codes[ids], perplexity)
    return Map(title, label, run.specs[label].classes, perplexity, places, classes[ids], np.asarray(run.split.x[ids]))


def _axes(now: Map):
    figure, axes = plots.canvas(*SIZE, MARGINS)
    axes.set(xticks=[], yticks=[])  # distances have no unit
    axes.set_title(now.title, loc="left", fontsize=9.5)
    low, high = now.places.min(0), now.places.max(0)
    edge = 0.04 * (high - low)
    axes.set(xlim=(low[0] - edge[0], high[0] + edge[0]), ylim=(low[1] - edge[1], high[1] + edge[1]))
    note = f"t-SNE of {len(now.places)} test sequences, perplexity {now.perplexity:g}"
    axes.set_xlabel(note, fontsize=9, color=plots.SOFT, labelpad=6)
    return figure, axes


def _dots(now: Map) -> Image.Image:
    """The name of its class for each sequence where names are single characters, otherwise dots with a legend."""
    figure, axes = _axes(now)
    letters = all(len(name) == 1 for name in now.names)
    for place, name in enumerate(now.names):
        points = now.places[now.classes == place]
        marker = {"marker": f"${name}$", "s": 34, "linewidths": 0.2} if letters else {"s": 14, "linewidths": 0}
        axes.scatter(*points.T, color=COLOURS[place], label=name, **marker)
    if not letters:
        axes.legend(fontsize=8.5, loc="best", framealpha=0.9, title=now.label, title_fontsize=8.5)
    return plots.finished(figure, axes).picture


def _film(now: Map, length: int) -> list[Image.Image]:
    """A film of sequences with borders in their class's colour, over the dots of all sequences.

    In the order in which they were drawn, those sequences are taken that do not overlap.
    """
    figure, axes = _axes(now)
    axes.scatter(*now.places.T, c=[COLOURS[place] for place in now.classes], s=5, linewidths=0, alpha=0.5)
    plot = plots.finished(figure, axes)
    chosen = apart(np.array([plot.at(*place) for place in now.places]), THUMB + 2 * EDGE + APART)
    film = []
    for time in range(length):
        picture = plot.picture.copy()
        for i, (x, y) in chosen.items():
            framed = Image.new("RGB", (THUMB + 2 * EDGE,) * 2, COLOURS[now.classes[i]])
            frame = Image.fromarray(
                np.moveaxis(np.broadcast_to(now.frames[i, time], (3, *now.frames.shape[3:])), 0, -1)
            )
            framed.paste(frame.resize((THUMB, THUMB), Image.Resampling.BOX), (EDGE, EDGE))
            picture.paste(framed, (round(x) - THUMB // 2 - EDGE, round(y) - THUMB // 2 - EDGE))
        film.append(picture)
    return film


def apart(points: np.ndarray, least: float) -> dict[int, np.ndarray]:
    """The points (N, 2), by index, that are at least `least` away in x or y from all points taken before them."""
    taken: dict[int, np.ndarray] = {}
    for i, point in enumerate(points):
        if all(np.abs(point - other).max() >= least for other in taken.values()):
            taken[i] = point
    return taken
