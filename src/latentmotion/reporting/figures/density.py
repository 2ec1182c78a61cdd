"""What Hamiltonian flows learn (Equivariant Hamiltonian flows, figures 2A and 2B, the pictures).

From left to right: the target density; the learnt one, by its importance-weighted bound on a grid, where the paper
shows kernel density estimates of both; kinetic energy K(p) and potential energy U(q), zero at their lowest; points of
the base after one leapfrog step, and after all, each with the way that it took. The film moves more of them: within a
leapfrog step a position drifts evenly.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from latentmotion.core.errors import UserError
from latentmotion.core.keyed_random import normal
from latentmotion.data.densities import of_facts
from latentmotion.models import base as contract
from latentmotion.reporting.drawing import plots
from latentmotion.reporting.drawing.image_grid import gif, grid, png, shelf, stack
from latentmotion.reporting.drawing.trained_run import Shown, open_runs

PAPER = "EHF"
NUMBER = "figure 2"
CAPTION = "Hamiltonian flows: target and learnt density, kinetic and potential energy, one leapfrog step and all"

GRID, SAMPLES = 48, 128
WAYS, DOTS = 120, 1500
FRAMES, REST = 12, 6  # of the film: a leapfrog step, and before and after
SIDE = 210


@dataclass(frozen=True)
class Scene:
    """What is shown of a run: fields (GRID, GRID) over [-reach, reach]², and paths (N, steps + 1, 2) from the base."""

    title: str
    reach: float
    target: np.ndarray
    learnt: np.ndarray
    kinetic: np.ndarray
    potential: np.ndarray
    paths: np.ndarray


def render(runs: list[Path], settings: dict, device: str) -> dict[str, bytes]:
    shown = open_runs(runs, settings, device, {contract.DENSITY, contract.SAMPLE_STATE, contract.ENERGY})
    with torch.no_grad():
        scenes = [scene(run) for run in shown]
    still = [grid(now.title, [_pictures(now)]) for now in scenes]
    length = max(now.paths.shape[1] - 1 for now in scenes) * FRAMES + 2 * REST
    film = [shelf([_moment(now, time) for now in scenes]) for time in range(length)]
    return {"png": png(stack(still)), "gif": gif(film)}


def scene(run: Shown) -> Scene:
    """Both densities, both energies, and the flow of states drawn from the base."""
    model, points = run.model, run.split.x.reshape(len(run.split), -1)
    target = of_facts(run.data.facts)
    if target is None or points.shape[1] != 2:
        raise UserError(f"{run.name}: its data are no points of a known density in the plane; take it off the figure")
    reach = float(1.1 * np.abs(points).max())
    ticks = np.linspace(-reach, reach, GRID)
    at = np.stack(np.meshgrid(ticks, ticks), axis=-1)
    places = torch.from_numpy(at.astype(np.float32)).view(-1, 1, 2).to(run.device)
    states = normal(np.arange(DOTS), model.state_noise, "density figure", "states").to(run.device)
    paths = model.motion_of(model.roll_out(model.sample_state(states), model.config.steps + 1))
    rest = torch.zeros_like(places)
    energies = {
        "kinetic": model.energies(torch.cat([rest, places], -1))["kinetic"],
        "potential": model.energies(torch.cat([places, rest], -1))["potential"],
    }
    fields = {name: _square(value - value.min()) for name, value in energies.items()}
    learnt = np.exp(_square(_log_density(model, places)))
    return Scene(run.title, reach, np.exp(target.log_density(at)), learnt, **fields, paths=paths.double().cpu().numpy())


def _log_density(model: contract.SequenceModel, places: Tensor) -> Tensor:
    """The importance-weighted bound at places (N, 1, 2), with the same noise at each: (N,)."""
    noise = normal(np.arange(SAMPLES), model.bound_noise, "density figure", "momenta").to(places.device)
    return torch.cat([model.bounds(part, noise.expand(len(part), -1, -1))[1] for part in places.split(128)])


def _square(values: Tensor) -> np.ndarray:
    return values.double().cpu().numpy().reshape(GRID, GRID)


def _pictures(now: Scene) -> list[Image.Image]:
    highest = max(now.target.max(), now.learnt.max())
    pictures = [
        _field(now.target, now, "target density", "cividis", highest),
        _field(now.learnt, now, "learnt density", "cividis", highest),
        _field(now.kinetic, now, "K(p)", "magma", None),
        _field(now.potential, now, "U(q)", "magma", None),
    ]
    last = now.paths.shape[1] - 1
    for step, title in ((1, "one leapfrog step"), (last, f"all {last} steps")):
        figure, axes = _axes(now, title)
        for path in now.paths[:WAYS, : step + 1]:
            axes.plot(*path.T, color=plots.SKY, linewidth=0.6)
        axes.scatter(*now.paths[:WAYS, step].T, s=7, color=plots.BLACK, linewidths=0, zorder=3)
        pictures.append(plots.finished(figure, axes).picture)
    return pictures


def _axes(now: Scene, title: str):
    figure, axes = plots.canvas(SIDE, SIDE + 8, (26, 24, 6, 20))
    axes.set(xlim=(-now.reach, now.reach), ylim=(-now.reach, now.reach))
    axes.locator_params(nbins=4)
    axes.set_title(title, loc="left", fontsize=9.5)
    return figure, axes


def _field(values: np.ndarray, now: Scene, title: str, colours: str, highest: float | None) -> Image.Image:
    """Filled contours; an energy's range stands in its title."""
    figure, axes = _axes(now, title if highest is not None else f"{title}, 0 to {values.max():.3g}")
    ticks = np.linspace(-now.reach, now.reach, GRID)
    axes.contourf(ticks, ticks, values, levels=np.linspace(0, highest or values.max(), 16), cmap=colours)
    return plots.finished(figure, axes).picture


def _moment(now: Scene, time: int) -> Image.Image:
    """All dots at a frame of the film, over the target's contours."""
    last = now.paths.shape[1] - 1
    place = min(max(time - REST, 0) / FRAMES, last)
    before = min(int(place), last - 1)
    dots = now.paths[:, before] + (place - before) * (now.paths[:, before + 1] - now.paths[:, before])
    figure, axes = plots.canvas(330, 330, (26, 24, 6, 20))
    ticks = np.linspace(-now.reach, now.reach, GRID)
    axes.contour(ticks, ticks, now.target, levels=4, colors=plots.VERMILION, linewidths=0.8)
    axes.scatter(*dots.T, s=4, color=plots.BLUE, linewidths=0)
    axes.set(xlim=(-now.reach, now.reach), ylim=(-now.reach, now.reach))
    axes.set_title(f"{place:.1f} of {last} leapfrog steps", loc="left", fontsize=9.5)
    return grid(now.title, [[plots.finished(figure, axes).picture]])
