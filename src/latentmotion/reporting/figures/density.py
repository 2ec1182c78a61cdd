"""What Hamiltonian flows learn (Equivariant Hamiltonian flows, figures 2A and 2B, the pictures).

From left to right the figure shows kernel density estimates of the target and of the learnt density, both from as many
samples and with the same kernel; the kinetic energy K(p) and the potential energy U(q), zero at their lowest; one
leapfrog step of positions that start at rest on a regular grid, as arrows of their true length; and states drawn from
the base, moved by all steps, each with its way from the circle where it starts to the dot where it ends. The film moves
more states. Within a leapfrog step a position drifts evenly.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from scipy.ndimage import gaussian_filter

from latentmotion.core.errors import UserError
from latentmotion.core.keyed_random import key, normal
from latentmotion.data.densities import of_facts
from latentmotion.models import base as contract
from latentmotion.reporting.drawing import plots
from latentmotion.reporting.drawing.image_grid import gif, grid, png, stack
from latentmotion.reporting.drawing.trained_run import Shown, open_runs

PAPER = "EHF"
NUMBER = "figure 2"
CAPTION = "Hamiltonian flows: target and learnt density, kinetic and potential energy, one leapfrog step and all"
SEE = "The learnt density should look like the target; the points of the film should end where its lines are."

GRID, SAMPLES, KERNEL = 96, 20000, 0.12  # squares a side, samples, and the deviation of the kernel in units of the data
ARROWS, WAYS, DOTS = 13, 60, 1500  # arrows a side of the grid; states with their ways; states of the film
FRAMES, REST = 12, 6  # of the film: a leapfrog step, and before and after
SIDE = 236
ACROSS = 3  # runs side by side in the film
_LEVELS, _SHADES = np.array([0.1, 0.4, 0.7, 1.01]), ("#fbe9dc", "#f6cfb4", "#efb48c")  # of the target behind ways


@dataclass(frozen=True)
class Scene:
    """What is shown of a run.

    Arguments:
        target, learnt: kernel density estimates, and kinetic, potential: energies, (GRID, GRID) each, at the centres
            of the squares of [-reach, reach]².
        arrows: (ARROWS², 2, 2), the beginning and the end of each arrow.
        paths: (SAMPLES, steps + 1, 2), positions that start in the base.
    """

    title: str
    reach: float
    target: np.ndarray
    learnt: np.ndarray
    kinetic: np.ndarray
    potential: np.ndarray
    arrows: np.ndarray
    paths: np.ndarray

    @property
    def ticks(self) -> np.ndarray:
        """The centres of the squares along one axis."""
        return (np.arange(GRID) + 0.5) * (2 * self.reach / GRID) - self.reach


def render(runs: list[Path], settings: dict, device: str) -> dict[str, bytes]:
    shown = open_runs(runs, settings, device, {contract.DENSITY, contract.SAMPLE_STATE, contract.ENERGY})
    with torch.no_grad():
        scenes = [scene(run) for run in shown]
    still = [grid(now.title, [_pictures(now)]) for now in scenes]
    length = max(now.paths.shape[1] - 1 for now in scenes) * FRAMES + 2 * REST
    film = [_rows([_moment(now, time) for now in scenes]) for time in range(length)]
    return {"png": png(stack(still)), "gif": gif(film)}


def _rows(pictures: list[Image.Image]) -> Image.Image:
    """Pictures of one size in rows of ACROSS."""
    return stack([stack(pictures[i : i + ACROSS], across=True) for i in range(0, len(pictures), ACROSS)])


def scene(run: Shown) -> Scene:
    """Samples of both densities, both energies, and the flow of states drawn from the base."""
    model, points = run.model, run.split.x.reshape(len(run.split), -1)
    target = of_facts(run.data.facts)
    if target is None or points.shape[1] != 2:
        raise UserError(f"{run.name}: its data are no points of a known density in the plane; take it off the figure")
    reach, last = float(1.1 * np.abs(points).max()), model.config.steps
    noise = normal(np.arange(SAMPLES), model.state_noise, "density figure", "states").to(run.device)
    paths = model.motion_of(model.roll_out(model.sample_state(noise), last + 1)).double().cpu().numpy()
    resting = torch.cat([_lattice(reach, ARROWS), torch.zeros(ARROWS**2, 1, 2)], dim=-1).to(run.device)
    arrows = model.motion_of(model.roll_out(resting, 2)).double().cpu().numpy()
    places = _lattice(reach * (1 - 1 / GRID), GRID).to(run.device)
    rest = torch.zeros_like(places)
    energies = {
        "kinetic": model.energies(torch.cat([rest, places], -1))["kinetic"],
        "potential": model.energies(torch.cat([places, rest], -1))["potential"],
    }
    fields = {
        name: (value - value.min()).double().cpu().numpy().reshape(GRID, GRID) for name, value in energies.items()
    }
    drawn = target.sample(SAMPLES, key("density figure", "target"))
    densities = {"target": _kernel_density(drawn, reach), "learnt": _kernel_density(paths[:, last], reach)}
    return Scene(run.title, reach, **densities, **fields, arrows=arrows, paths=paths)


def _lattice(reach: float, count: int) -> torch.Tensor:
    """(count², 1, 2): points of a square grid over [-reach, reach]², row by row."""
    ticks = np.linspace(-reach, reach, count)
    return torch.from_numpy(np.stack(np.meshgrid(ticks, ticks), axis=-1).astype(np.float32)).view(-1, 1, 2)


def _kernel_density(points: np.ndarray, reach: float) -> np.ndarray:
    """(GRID, GRID), rows along the second axis of the data: an estimate from points moved to the centres of squares."""
    edges = np.linspace(-reach, reach, GRID + 1)
    counts, _, _ = np.histogram2d(points[:, 1], points[:, 0], bins=(edges, edges))
    width = 2 * reach / GRID
    return gaussian_filter(counts, KERNEL / width, mode="constant") / (len(points) * width**2)


def _pictures(now: Scene) -> list[Image.Image]:
    highest = max(now.target.max(), now.learnt.max())
    return [
        _field(now.target, now, "target density", "cividis", highest),
        _field(now.learnt, now, "learnt density", "cividis", highest),
        _field(now.kinetic, now, "K(p)", "magma", None),
        _field(now.potential, now, "U(q)", "magma", None),
        _step(now),
        _flow(now),
    ]


def _step(now: Scene) -> Image.Image:
    """Arrows over the contours of the target."""
    figure, axes = _axes(now, "one leapfrog step from rest")
    _contours(axes, now)
    begin, way = now.arrows[:, 0], now.arrows[:, 1] - now.arrows[:, 0]
    true_length = {"angles": "xy", "scale_units": "xy", "scale": 1}
    axes.quiver(*begin.T, *way.T, color=plots.BLUE, width=0.006, headwidth=4, headlength=4, **true_length)
    return plots.finished(figure, axes).picture


def _flow(now: Scene) -> Image.Image:
    """Ways over the contours of the target."""
    figure, axes = _axes(now, f"all {now.paths.shape[1] - 1} steps from the base")
    _contours(axes, now)
    for path in now.paths[:WAYS]:
        axes.plot(*path.T, color=plots.SKY, linewidth=0.7, zorder=2)
    axes.scatter(*now.paths[:WAYS, 0].T, s=9, facecolors="white", edgecolors=plots.SOFT, linewidths=0.6, zorder=3)
    axes.scatter(*now.paths[:WAYS, -1].T, s=14, color=plots.BLUE, linewidths=0, zorder=4)
    return plots.finished(figure, axes).picture


def _contours(axes, now: Scene) -> None:
    """The target, faintly enough to draw over."""
    axes.contourf(now.ticks, now.ticks, now.target, levels=_LEVELS * now.target.max(), colors=_SHADES)


def _axes(now: Scene, title: str):
    figure, axes = plots.canvas(SIDE, SIDE + 8, (26, 24, 6, 20))
    axes.set(xlim=(-now.reach, now.reach), ylim=(-now.reach, now.reach))
    axes.locator_params(nbins=4)
    axes.set_title(title, loc="left", fontsize=9.5)
    return figure, axes


def _field(values: np.ndarray, now: Scene, title: str, colours: str, highest: float | None) -> Image.Image:
    """Filled contours; the title of an energy says its range."""
    figure, axes = _axes(now, title if highest is not None else f"{title}, 0 to {values.max():.3g}")
    levels = np.linspace(0, highest or values.max(), 16)
    axes.contourf(now.ticks, now.ticks, values, levels=levels, cmap=colours)
    return plots.finished(figure, axes).picture


def _moment(now: Scene, time: int) -> Image.Image:
    """Many states at a frame of the film, over the target."""
    last = now.paths.shape[1] - 1
    place = min(max(time - REST, 0) / FRAMES, last)
    before = min(int(place), last - 1)
    paths = now.paths[:DOTS]
    dots = paths[:, before] + (place - before) * (paths[:, before + 1] - paths[:, before])
    figure, axes = plots.canvas(330, 330, (26, 24, 6, 20))
    axes.contour(now.ticks, now.ticks, now.target, levels=4, colors=plots.VERMILION, linewidths=0.8)
    axes.scatter(*dots.T, s=4, color=plots.BLUE, linewidths=0)
    axes.set(xlim=(-now.reach, now.reach), ylim=(-now.reach, now.reach))
    axes.set_title(f"{place:.1f} of {last} leapfrog steps", loc="left", fontsize=9.5)
    return grid(now.title, [[plots.finished(figure, axes).picture]])
