"""Phase space (HALO, figure 1): the states and energies of test sequences, and sequences of random initial states.

The figure shows a plane of each operator's subspace. Where the subspace has two dimensions, position and momentum
(balls), the plane is all of it; otherwise it is spanned by the first two principal components of the states of the test
sequences. The contours are energies of the points of the plane. Dots and paths are coloured by their own energies,
which may differ from those of the plane where the subspace has more than two dimensions. The random initial states are
q, p ~ N(0, I), the prior of equation 1; they are decoded with the content of the test sequence above them.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from latentmotion.core.keyed_random import normal
from latentmotion.core.pixels import to_uint8
from latentmotion.models import base as contract
from latentmotion.reporting.drawing import plots
from latentmotion.reporting.drawing.image_grid import (
    Block,
    Clip,
    column_of,
    gif,
    grid,
    lines,
    moment,
    png,
    shelf,
    stack,
)
from latentmotion.reporting.drawing.projections import Plane, plane_of
from latentmotion.reporting.drawing.trained_run import Shown, open_runs

PAPER = "HALO"
NUMBER = "figure 1"
CAPTION = "Phase space: states of test sequences and of three random starts over the energy, and their decoded frames"
SEE = "Paths should stay on lines of equal energy, which are the borders of the colours."

LETTERS = "ABC"
COLOURS = (plots.ORANGE, plots.SKY, plots.PURPLE, plots.VERMILION)  # A, B, C and, in the film, the reconstruction
GRID = 41


@dataclass(frozen=True)
class Scene:
    """What the figure shows of a run.

    Attributes:
        block: the sequences.
        paths: the paths of states from which they are decoded (N, L, K, S).
        encoded: the states of test sequences (M, T, K, S).
    """

    block: Block
    paths: Tensor
    encoded: Tensor


def render(runs: list[Path], settings: dict, device: str) -> dict[str, bytes]:
    """Options: `encoded`, the number of test sequences whose states are shown (48)."""
    shown = open_runs(runs, settings, device, {contract.ENCODE, contract.DYNAMICS, contract.ENERGY})
    found = [(run, scene(run, settings["options"].get("encoded", 48))) for run in shown]
    drawn = [(run, now, planes(run, now)) for run, now in found]
    still = [_still(run.title, now, [plot for plot, _ in plots_]) for run, now, plots_ in drawn]
    length = max(len(clip.frames) for _, now in found for clip in now.block.clips)
    film = [shelf([_moment(run.title, now, plots_, time) for run, now, plots_ in drawn]) for time in range(length)]
    return {"png": png(stack(still)), "gif": gif(film)}


def scene(run: Shown, count: int) -> Scene:
    """A test sequence, its reconstruction from the state of its middle frame, and three random initial states."""
    model, ids = run.model, run.choose(count, "phase space figure")
    x, action = run.given(ids)
    frames, middle = x.shape[1], x.shape[1] // 2
    encoded = torch.stack([model.state(x[:, : t + 1], action) for t in range(frames)], dim=1)
    own = model.advance(encoded[:1, middle], -middle, frames - 1 - middle)
    moving = (encoded[:1, 0] != 0).any(-1, keepdim=True)
    noise = normal(np.arange(len(LETTERS)), encoded[0, 0].numel(), "phase space figure").to(run.device)
    paths = torch.cat([model.advance(noise.view(-1, *encoded.shape[2:]) * moving, 0, frames - 1), own])
    content = model.encode(x[:1], action[:1])[0].expand(len(paths), -1)
    generated = run.roll(content, paths)
    clips = [
        Clip(run.split.x[ids[0]], "original"),
        Clip(to_uint8(model.decode(content[:1], model.motion_of(own)))[0], "reconstruction"),
    ]
    clips += [Clip(generated[n], f"random state {letter}") for n, letter in enumerate(LETTERS)]
    return Scene(Block(run.called(ids[0]), clips), paths, encoded)


def planes(run: Shown, now: Scene) -> list[tuple[plots.Plot, list[np.ndarray]]]:
    """The plot of each operator that moves in any of the sequences, with the points of each path in it."""
    found = []
    total = _energy(run, now.encoded), _energy(run, now.paths)
    for k in range(run.model.operators):
        states, paths = (part[:, :, k].double().cpu().numpy() for part in (now.encoded, now.paths))
        states, values = (part[(states != 0).any((1, 2))] for part in (states, total[0][..., k]))
        if not len(states):
            continue
        plane = plane_of(states.reshape(-1, states.shape[-1]))
        dots = plots.Track("", plane.project(states).reshape(-1, 2), values.reshape(-1))
        moves = (paths != 0).any((1, 2))
        points = [plane.project(path) for path, moved in zip(paths, moves, strict=True) if moved]
        tracks = [
            plots.Track(letter, at, energy, colour)
            for letter, at, energy, colour in zip(LETTERS, points, total[1][..., k], COLOURS, strict=False)
        ]
        reach = 1.1 * max(float(np.abs(part).max()) for part in (dots.points, *points))
        name = f"operator {k + 1}" if run.model.operators > 1 else "phase space"
        size = (430, 363) if run.model.operators == 1 else (360, 300)
        field = _field(run, plane, k, reach)
        found.append((plots.over_plane(field, reach, dots, tracks, name, plane.names, size), points))
    return found


def _energy(run: Shown, states: Tensor) -> np.ndarray:
    return run.model.energies(states)["total"].double().cpu().numpy()


def _field(run: Shown, plane: Plane, k: int, reach: float) -> np.ndarray:
    """The energy of operator k over the plane (GRID, GRID); rows lie along its second direction."""
    ticks = np.linspace(-reach, reach, GRID)
    points = np.stack(np.meshgrid(ticks, ticks), axis=-1)
    states = torch.zeros(GRID, GRID, run.model.operators, len(plane.centre), dtype=torch.float64, device=run.device)
    states[:, :, k] = torch.from_numpy(plane.centre + points @ plane.directions)
    return _energy(run, states)[..., k]


def _still(title: str, now: Scene, drawn: list[plots.Plot]) -> Image.Image:
    left, right = lines(now.block, column_of([now.block])), _tiled([plot.picture for plot in drawn])
    rows = [[left, right]] if len(drawn) == 1 else [[left], [right]]
    return grid(title, rows)


def _tiled(pictures: list[Image.Image]) -> Image.Image:
    """The pictures in rows of three."""
    return stack([stack(pictures[n : n + 3], across=True) for n in range(0, len(pictures), 3)])


def _moment(title: str, now: Scene, drawn: list[tuple[plots.Plot, list[np.ndarray]]], time: int) -> Image.Image:
    """The frames of one time, and the places of their states in the planes."""
    frames = [moment(clip, time) for clip in now.block.clips]
    blank = Image.new("RGB", (1, 1), "white")
    left = grid(now.block.heading, [[*frames[:2], blank], frames[2:]])
    right = []
    for plot, points in drawn:
        picture = plot.picture.copy()
        pen = ImageDraw.Draw(picture)
        for path, colour in zip(points, COLOURS, strict=False):
            x, y = plot.at(*path[time % len(path)])
            pen.ellipse([x - 7, y - 7, x + 7, y + 7], fill=colour, outline="black", width=2)
        right.append(picture)
    return grid(title, [[left, _tiled(right)]])
