"""The motion manifold (Hamiltonian GAN, figure 7): motions from the prior, one step after the first frame, as t-SNE.

Above, as in the paper, 1,024 of them; t-SNE keeps neighbours and no distances. Below, and moving, the same motions in
the plane of their first two principal components over all frames, with the ways of some. Where a model has an energy
its dots are coloured by it, which their motion conserves; elsewhere by the first component of the dots above. The
number is the participation ratio (metrics/participation_ratio.py), the dimension by variance.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from latentmotion.core.errors import UserError
from latentmotion.core.keyed_random import normal
from latentmotion.evaluation.metrics.participation_ratio import participation_ratio
from latentmotion.models import base as contract
from latentmotion.reporting.drawing import plots
from latentmotion.reporting.drawing.image_grid import gif, grid, png, stack
from latentmotion.reporting.drawing.trained_run import Shown, open_runs
from latentmotion.reporting.figures.generated_videos import by_dataset, system, together
from latentmotion.reporting.figures.phase_space import plane_of

PAPER = "HGAN"
NUMBER = "figure 7"
CAPTION = "The motion manifold: motions from the prior as t-SNE, and how they move"

PERPLEXITY, SEED = 30, 0
WAYS = 16
WITH = f"the same, and {WAYS} from first to last frame"
SIZE, MARGINS = (350, 300), (50, 24, 82, 42)


@dataclass(frozen=True)
class Cloud:
    """What is shown of a run.

    Attributes:
        size: its dimension, in words.
        neighbours: (N, 2), motions after one step by t-SNE.
        paths: (N, T, 2), motions over time in a plane; `names` of its directions.
        values: (N,), what their colours mean.
    """

    title: str
    size: str
    neighbours: np.ndarray
    paths: np.ndarray
    names: tuple[str, str]
    values: np.ndarray
    meaning: str


def render(runs: list[Path], settings: dict, device: str) -> dict[str, bytes]:
    """Options: `samples` (1024)."""
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
    motion, energy = motions(run, count)
    first = motion[:, 1]
    plane = plane_of(motion.reshape(-1, motion.shape[-1]))
    values = plane_of(first).project(first)[:, 0] if energy is None else energy
    size = f"dimension {participation_ratio(first):.2f} of {first.shape[1]}"
    meaning = "first component" if energy is None else "energy"
    return Cloud(system(run), size, tsne(first), plane.project(motion), plane.names, values, meaning)


def motions(run: Shown, count: int) -> tuple[np.ndarray, np.ndarray | None]:
    """Motions from the prior (count, T, M) and, where the model has one, their energy at the second frame (count,)."""
    model, numbers, length = run.model, np.arange(count), run.split.x.shape[1]
    noise = normal(numbers, model.motion_noise(length), "motion manifold figure").to(run.device)
    if not {contract.SAMPLE_STATE, contract.ENERGY} <= model.capabilities:
        action = run.asked(numbers % len(run.actions))
        return model.sample_motion(action, length, noise).double().cpu().numpy(), None
    states = model.roll_out(model.sample_state(noise), length)
    energy = model.energies(states[:, 1])["total"].double().sum(-1)
    return model.motion_of(states).double().cpu().numpy(), energy.cpu().numpy()


def tsne(points: np.ndarray, perplexity: float = PERPLEXITY) -> np.ndarray:
    """(N, D) -> (N, 2) by van der Maaten and Hinton's t-SNE, begun from the first two principal components."""
    from sklearn.manifold import TSNE

    return TSNE(perplexity=perplexity, init="pca", random_state=SEED, n_jobs=1).fit_transform(points)


def _neighbours(now: Cloud) -> Image.Image:
    figure, axes = plots.canvas(*SIZE, MARGINS)
    axes.set(xticks=[], yticks=[])  # distances have no unit
    axes.set_xlabel(f"t-SNE of one step; {now.size}", fontsize=9, color=plots.SOFT, labelpad=6)
    return _dots(now, figure, axes, now.neighbours, now.title)


def _plane(now: Cloud, frame: int, title: str) -> Image.Image:
    """Where all are at a frame, and the whole ways of the first few."""
    figure, axes = plots.canvas(*SIZE, MARGINS)
    for path in now.paths[:WAYS]:
        axes.plot(*path.T, color=plots.VERMILION, linewidth=0.8, zorder=3)
    axes.scatter(*now.paths[:WAYS, frame].T, s=12, color=plots.VERMILION, linewidths=0, zorder=3)
    low, high = now.paths.min((0, 1)), now.paths.max((0, 1))
    edge = 0.04 * (high - low)
    axes.set(xlim=(low[0] - edge[0], high[0] + edge[0]), ylim=(low[1] - edge[1], high[1] + edge[1]))
    axes.locator_params(nbins=5)
    axes.set_xlabel(now.names[0], fontsize=9, color=plots.SOFT, labelpad=2)
    axes.set_ylabel(now.names[1], fontsize=9, color=plots.SOFT, labelpad=0)
    return _dots(now, figure, axes, now.paths[:, frame], title)


def _dots(now: Cloud, figure, axes, points: np.ndarray, title: str) -> Image.Image:
    """The dots in their colours, with the bar that explains these."""
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
