"""The motion manifold (Hamiltonian GAN, figure 7): motions from the prior, one step after the first frame, as t-SNE.

The upper row shows 1,024 motions, as in the paper; t-SNE keeps neighbours but no distances. The lower row and the film
show the same motions in the plane of their first two principal components over all frames, with the paths of some.
Where a model has an energy, which its motion conserves, the dots are coloured by it, otherwise by the first component
of the motions in the upper row. The numbers are the participation ratio (evaluation/metrics/participation_ratio.py), a
dimension by variance, and the local dimension by nearest neighbours (evaluation/metrics/two_nearest_neighbours.py).
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from latentmotion.core.errors import UserError
from latentmotion.core.keyed_random import normal
from latentmotion.evaluation.metrics.participation_ratio import participation_ratio
from latentmotion.evaluation.metrics.two_nearest_neighbours import local_dimension
from latentmotion.models import base as contract
from latentmotion.reporting.drawing import plots
from latentmotion.reporting.drawing.image_grid import gif, grid, png, stack
from latentmotion.reporting.drawing.projections import PERPLEXITY, plane_of, tsne
from latentmotion.reporting.drawing.sequences import by_dataset, together
from latentmotion.reporting.drawing.trained_run import Shown, open_runs

PAPER = "HGAN"
NUMBER = "figure 7"
CAPTION = "The motion manifold: motions from the prior as t-SNE, and how they move"
SEE = "If the motion needs few coordinates, the dots lie on a thin curve instead of a cloud."

PATHS = 16
WITH = f"the same, and {PATHS} from first to last frame"
SIZE, MARGINS = (360, 300), (60, 24, 82, 42)


@dataclass(frozen=True)
class Cloud:
    """The motions of a run.

    Attributes:
        size: the dimensions, as text.
        neighbours: the motions after one step, by t-SNE: (N, 2).
        paths: the motions over time in a plane: (N, T, 2).
        names: the names of the directions of the plane.
        values: the values that the colours show: (N,).
        meaning: the name of these values.
    """

    title: str
    size: str
    neighbours: np.ndarray
    paths: np.ndarray
    names: tuple[str, str]
    values: np.ndarray
    meaning: str


def render(runs: list[Path], settings: dict, device: str) -> dict[str, bytes]:
    """Options: `samples`, the number of motions (1024)."""
    count = settings["options"].get("samples", 1024)
    if count <= PERPLEXITY:
        raise UserError(f"{settings['report']}: options.samples: {count}, but t-SNE needs more than {PERPLEXITY}")
    stills, films = [], []
    shown = open_runs(runs, settings, device, {contract.SAMPLE_MOTION})
    for title, of_one in by_dataset(shown, settings["scale"]).items():
        clouds = [cloud(run, count) for run in of_one]
        stills.append(grid(title, [[_neighbours(one) for one in clouds], [_plane(one, 1, WITH) for one in clouds]]))
        frames = range(max(one.paths.shape[1] for one in clouds))
        films.append([grid(f"{title}, frame {n}", [[_plane(one, n, one.title) for one in clouds]]) for n in frames])
    return {"png": png(stack(stills)), "gif": gif(together(films))}


@torch.no_grad()
def cloud(run: Shown, count: int) -> Cloud:
    """The cloud of `count` motions of a run."""
    motion, energy = motions(run, count)
    first = motion[:, 1]
    plane = plane_of(motion.reshape(-1, motion.shape[-1]))
    values = plane_of(first).project(first)[:, 0] if energy is None else energy
    size = f"dimension {participation_ratio(first):.2f} of {first.shape[1]}, locally {local_dimension(first):.1f}"
    meaning = "first component" if energy is None else "energy"
    return Cloud(run.system, size, tsne(first), plane.project(motion), plane.names, values, meaning)


def motions(run: Shown, count: int) -> tuple[np.ndarray, np.ndarray | None]:
    """Motions from the prior (count, T, M) and, where the model has an energy, that of the second frame (count,)."""
    model, numbers, length = run.model, np.arange(count), run.split.x.shape[1]
    noise = normal(numbers, model.motion_noise(length), "motion manifold figure").to(run.device)
    if not {contract.SAMPLE_STATE, contract.ENERGY} <= model.capabilities:
        action = run.on_device(numbers % len(run.actions))
        return model.sample_motion(action, length, noise).double().cpu().numpy(), None
    states = model.roll_out(model.sample_state(noise), length)
    energy = model.energies(states[:, 1])["total"].double().sum(-1)
    return model.motion_of(states).double().cpu().numpy(), energy.cpu().numpy()


def _neighbours(now: Cloud) -> Image.Image:
    figure, axes = plots.canvas(*SIZE, MARGINS)
    axes.set(xticks=[], yticks=[])  # distances have no unit
    axes.set_xlabel(f"t-SNE of one step; {now.size}", fontsize=9, color=plots.SOFT, labelpad=6)
    return _dots(now, figure, axes, now.neighbours, now.title)


def _plane(now: Cloud, frame: int, title: str) -> Image.Image:
    """All motions at a frame, and the whole paths of the first few."""
    figure, axes = plots.canvas(*SIZE, MARGINS)
    for path in now.paths[:PATHS]:
        axes.plot(*path.T, color=plots.VERMILION, linewidth=0.8, zorder=3)
    axes.scatter(*now.paths[:PATHS, frame].T, s=12, color=plots.VERMILION, linewidths=0, zorder=3)
    low, high = now.paths.min((0, 1)), now.paths.max((0, 1))
    edge = 0.04 * (high - low)
    axes.set(xlim=(low[0] - edge[0], high[0] + edge[0]), ylim=(low[1] - edge[1], high[1] + edge[1]))
    axes.locator_params(nbins=5)
    axes.set_xlabel(now.names[0], fontsize=9, color=plots.SOFT, labelpad=2)
    axes.set_ylabel(now.names[1], fontsize=9, color=plots.SOFT, labelpad=0)
    return _dots(now, figure, axes, now.paths[:, frame], title)


def _dots(now: Cloud, figure, axes, points: np.ndarray, title: str) -> Image.Image:
    """The dots with their colours and a colour bar."""
    from matplotlib.ticker import MaxNLocator

    width, height = SIZE
    left, top, right, bottom = MARGINS
    dots = axes.scatter(*points.T, c=now.values, s=6, cmap="cividis", linewidths=0)
    axes.set_title(title, loc="left", fontsize=9.5)
    beside = figure.add_axes((1 - (right - 10) / width, bottom / height, 12 / width, 1 - (top + bottom) / height))
    bar = figure.colorbar(dots, cax=beside, ticks=MaxNLocator(5), format="{x:g}")
    bar.ax.tick_params(labelsize=8.5, labelcolor=plots.SOFT, length=3)
    bar.set_label(now.meaning, fontsize=9, color=plots.SOFT, labelpad=2)
    return plots.finished(figure, axes).picture
