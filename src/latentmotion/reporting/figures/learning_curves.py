"""Learning curves of Hamiltonian flows (Equivariant Hamiltonian flows, figure 2A, first two columns).

The figure shows the ELBO over the steps of the training, with the symmetry constraint at several precisions and
without, for infinite and for finite data. One plot is of the points that are learnt from. With finite data a second
plot is of training points that are not learnt from; no training opens the test split. Lines are means over training
seeds and over stretches of the training. Bands reach from the lowest seed to the highest and are cut off where they
leave the range of the lines.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from latentmotion.config.catalogue import dataset_name
from latentmotion.core.errors import UserError
from latentmotion.core.history import read_history
from latentmotion.core.records import Run, read_record
from latentmotion.data.densities import of_facts
from latentmotion.data.prepared import PreparedDataset
from latentmotion.reporting.drawing import plots
from latentmotion.reporting.drawing.image_grid import gif, grid, png
from latentmotion.reporting.titles import MARK, Titles, learnt_note

PAPER = "EHF"
NUMBER = "figure 2A, learning curves"
CAPTION = "Log-likelihood over the training of Hamiltonian flows, by precision of the symmetry constraint"
SEE = "A line that is higher learns better; with few points, compare the lines of points that are not learnt from."

LEARNT, HELD_OUT = "elbo", "elbo_held_out"
STRETCHES, FRAMES = 60, 24
COLOURS = (plots.BLACK, plots.SKY, plots.ORANGE, plots.VERMILION, plots.BLUE, plots.GREEN, plots.PURPLE)
DASHES = ("-", "--", "-.", ":")
SIZE = (430, 330)


@dataclass(frozen=True)
class Curves:
    """All seeds of a model: its precision, whether its constraint is at states of the base alone, and each measured
    ELBO, (seeds, STRETCHES), at the same steps."""

    kappa: float | None
    base: bool
    steps: np.ndarray
    values: dict[str, np.ndarray]
    marked: bool

    @property
    def label(self) -> str:
        mark = f" {MARK}" if self.marked else ""
        if self.kappa is None:
            return f"no constraint{mark}"
        return f"κ = {self.kappa:g}{' on the base' if self.base else ''}{mark}"


def render(runs: list[Path], settings: dict, device: str) -> dict[str, bytes]:
    """One plot for each dataset, and a second one where there are held-out points."""
    datasets = sorted({run.parts[-2] for run in runs}, key=lambda name: settings["datasets"].index(dataset_name(name)))
    drawn, titles = [], Titles.of(settings)
    for dataset in datasets:
        here = [run for run in runs if run.parts[-2] == dataset]
        drawn.append((f"{titles.dataset(dataset)}, {_seeds(here)}", _mark(here), _models(here, titles)))
    note = learnt_note(" ".join(found.label for _, _, models in drawn for found in models))
    title = f"Hamiltonian flows: ELBO over training, scale {settings['scale']}{note}"
    shares = np.linspace(1 / FRAMES, 1, FRAMES)
    return {"png": png(_sheet(title, drawn, 1.0)), "gif": gif([_sheet(title, drawn, share) for share in shares])}


def _seeds(runs: list[Path]) -> str:
    count = len({run.name for run in runs})
    return "1 seed" if count == 1 else f"{count} seeds"


def _models(runs: list[Path], titles: Titles) -> list[Curves]:
    """The models in the order from no constraint to the tightest one, the constraint on the base alone last."""
    names = dict.fromkeys(run.parts[-3] for run in runs)
    curves = [_curves([run for run in runs if run.parts[-3] == name], titles) for name in names]
    return sorted(curves, key=lambda found: (found.kappa is not None, found.base, -(found.kappa or 0)))


def _curves(runs: list[Path], titles: Titles) -> Curves:
    histories = [_history(run) for run in runs]
    count = min(STRETCHES, *(len(history) for history in histories))
    parts = [np.array_split(np.arange(len(history)), count) for history in histories]
    steps = np.array([np.mean([histories[0][i]["step"] for i in part]) for part in parts[0]])
    values = {
        name: np.array(
            [
                [np.mean([history[i][name] for i in part]) for part in split]
                for history, split in zip(histories, parts, strict=True)
            ]
        )
        for name in (LEARNT, HELD_OUT)
        if all(name in history[0] for history in histories)
    }
    network = read_record(runs[0] / "record.json", Run)["settings"]["network"]
    kappa, place = network.get("kappa"), network.get("constraint_at", "base")
    marked = any("/".join(run.parts[-3:]) in titles.marked for run in runs)
    return Curves(kappa, kappa is not None and place == "base", steps, values, marked)


def _history(run: Path) -> list[dict]:
    file = run / "history.jsonl"
    points = read_history(file)
    if not points or LEARNT not in points[0]:
        raise UserError(f"{file}: no '{LEARNT}' in it, which the figure shows; take the model off it in params.yaml")
    return points


def _mark(runs: list[Path]) -> float | None:
    """The target's mean log density at validation points, which is the most that a model can be expected to reach."""
    data = PreparedDataset.open(Path(read_record(runs[0] / "record.json", Run)["data_folder"]))
    target = of_facts(data.facts)
    return None if target is None else float(target.log_density(data.split("validation").x.astype(float)).mean())


def _sheet(title: str, drawn: list[tuple[str, float | None, list[Curves]]], share: float) -> Image.Image:
    """All plots with that share of the training. The range of values of a dataset does not depend on the share."""
    row = []
    for name, mark, models in drawn:
        limits = _limits(models, mark)
        watched = any(HELD_OUT in found.values for found in models)
        panels = {LEARNT: "points learnt from"} | ({HELD_OUT: "held-out points"} if watched else {})
        row += [_plot(models, key, f"{name}: {what}", mark, limits, share) for key, what in panels.items()]
    widest = max((models for _, _, models in drawn), key=len)
    styles = zip(widest, COLOURS, _dashes(widest), strict=False)
    curves = [plots.Curve(found.label, np.zeros(1), *style) for found, *style in styles]
    curves.append(plots.Curve("target density", np.zeros(1), plots.SOFT, ":"))
    return grid(title, [row], key=plots.key(curves, 170 * len(curves)))


def _dashes(models: list[Curves]) -> list[str]:
    return [DASHES[i % len(DASHES)] for i in range(len(models))]


def _limits(models: list[Curves], mark: float | None) -> tuple[float, float]:
    """The range of the lines after the first tenth of the training, so that neither its start nor a single seed
    flattens the rest."""
    later = [values.mean(0)[values.shape[1] // 10 :] for found in models for values in found.values.values()]
    low, high = min(part.min() for part in later), max(part.max() for part in later)
    high = high if mark is None else max(high, mark)
    return low - 0.05 * (high - low), high + 0.05 * (high - low)


def _plot(models: list[Curves], name: str, title: str, mark, limits, share: float) -> Image.Image:
    figure, axes = plots.canvas(*SIZE, (66, 26, 12, 40))
    last = max(found.steps[-1] for found in models)
    for found, colour, dashes in zip(models, COLOURS, _dashes(models), strict=False):
        shown = found.steps <= share * last
        values = found.values[name][:, shown]
        axes.fill_between(found.steps[shown], values.min(0), values.max(0), color=colour, alpha=0.15, linewidth=0)
        axes.plot(found.steps[shown], values.mean(0), color=colour, linestyle=dashes, linewidth=1.5)
    if mark is not None:
        axes.axhline(mark, color=plots.SOFT, linestyle=":", linewidth=1.2)
    axes.set(xlim=(0, last), ylim=limits)
    axes.grid(axis="y", color="#d1d9e0", linewidth=0.6)
    axes.set_xlabel("step", fontsize=9, color=plots.SOFT, labelpad=2)
    axes.set_ylabel("ELBO, nats a point", fontsize=9, color=plots.SOFT, labelpad=2)
    axes.set_title(title, loc="left", fontsize=9.5)
    return plots.finished(figure, axes).picture
