"""Energy over time (HALO, supplementary figure 3): the energies of a test frame that each operator moves.

The total energy of a path is the sum of a kinetic, a potential and a non-separable term (supplement, equation 11). The
terms change, while the total should stay constant. The title of each plot states how far it drifts relative to its
start.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from latentmotion.models import base as contract
from latentmotion.reporting.drawing import plots
from latentmotion.reporting.drawing.image_grid import Clip, gif, grid, moment, png, shelf, stack, strip
from latentmotion.reporting.drawing.sequences import alone
from latentmotion.reporting.drawing.trained_run import Shown, open_runs

PAPER = "HALO"
NUMBER = "figure S3"
CAPTION = (
    "Energy over time: total, kinetic, potential and non-separable energy of one test frame, moved by each operator"
)

TERMS = (
    ("total", "total", plots.BLACK, "-"),
    ("kinetic", "kinetic", plots.BLUE, "--"),
    ("potential", "potential", plots.VERMILION, "-."),
    ("nonseparable", "non-separable", plots.GREEN, ":"),
)


@dataclass(frozen=True)
class Motion:
    """The motion of one operator: the energies (L,) of each term in float64, and the decoded frames."""

    label: str
    frames: np.ndarray
    energies: dict[str, np.ndarray]

    @property
    def drift(self) -> float:
        """The drift of the total energy, max_t |E_t - E_0| / |E_0|."""
        total = self.energies["total"]
        return float(np.abs(total - total[0]).max() / abs(total[0]))

    @property
    def curves(self) -> list[plots.Curve]:
        """A curve for each term."""
        return [plots.Curve(label, self.energies[term], colour, dashes) for term, label, colour, dashes in TERMS]


def render(runs: list[Path], settings: dict, device: str) -> dict[str, bytes]:
    """Options: `length` in frames (100), and `frames`, how many of them the still shows (7)."""
    length, count = settings["options"].get("length", 100), settings["options"].get("frames", 7)
    shown = open_runs(runs, settings, device, {contract.ENCODE, contract.DYNAMICS, contract.ENERGY})
    found = [(run.title, *motions(run, length)) for run in shown]
    still = [_sheet(title, start, [_tile(motion, count) for motion in paths]) for title, start, paths in found]
    drawn = [[(motion, _small(motion)) for motion in paths] for _, _, paths in found]
    film = [
        shelf(
            [
                _sheet(title, start, [_now(*pair, time) for pair in pairs])
                for (title, start, _), pairs in zip(found, drawn, strict=True)
            ]
        )
        for time in range(length)
    ]
    return {"png": png(stack(still)), "gif": gif(film)}


def motions(run: Shown, length: int) -> tuple[str, list[Motion]]:
    """The name of the chosen frame, and its motion for every action; without actions, by every operator alone."""
    model, i = run.model, run.choose(1, "energy figure")[0]
    x, action = run.given(np.array([i]))
    first, content = x[:, :1], model.encode(x[:, :1], action)[0]
    if contract.ACTION_MOTION in model.capabilities:
        every = run.on_device(np.arange(len(run.actions)))
        states = model.advance(model.state(first.expand(len(every), -1, -1, -1, -1), every), 0, length - 1)
        labels, moving = run.actions, torch.ones(len(every), model.operators, device=run.device)
    else:
        states = alone(model.advance(model.state(first, action), 0, length - 1))
        labels = [f"operator {k + 1}" for k in range(model.operators)]
        moving = torch.eye(model.operators, device=run.device)
    frames = run.roll(content.expand(len(states), -1), states)
    energies = {name: _of(term, moving) for name, term in model.energies(states).items()}
    return f"from the first frame of {run.called(i)}", [
        Motion(label, frames[n], {name: term[n] for name, term in energies.items()}) for n, label in enumerate(labels)
    ]


def _of(term: Tensor, moving: Tensor) -> np.ndarray:
    """The sum of the energies (N, L, K) over the operators that move, (N, K): (N, L)."""
    return (term.double() * moving[:, None]).sum(-1).cpu().numpy()


def _sheet(title: str, start: str, tiles: list[Image.Image]) -> Image.Image:
    """The tiles in rows of three, or of two where that leaves no gap, under a title and a key."""
    columns = min(len(tiles), 2 if len(tiles) in (2, 4) else 3)
    blank = Image.new("RGB", (1, 1), "white")
    tiles = [*tiles, *[blank] * (-len(tiles) % columns)]
    rows = [tiles[i : i + columns] for i in range(0, len(tiles), columns)]
    curves = [plots.Curve(label, np.zeros(1), colour, dashes) for _, label, colour, dashes in TERMS]
    return grid(
        f"{title}: energy against time in frames, {start}", rows, together=len(rows), key=plots.key(curves, 480)
    )


def _tile(motion: Motion, count: int) -> Image.Image:
    """The plot above frames, each of which stands below its time."""
    times = np.linspace(0, len(motion.frames) - 1, count).round().astype(int)
    below = strip(Clip(motion.frames[times], ""))
    side = (below.width + 1) // count - 1
    plot = plots.over_time(motion.curves, _heading(motion), below.width, 170, side // 2, times).picture
    tile = Image.new("RGB", (plot.width, plot.height + side + 6), "white")
    tile.paste(plot, (0, 0))
    tile.paste(below.crop((0, below.height - side, below.width, below.height)), (plots.MARGIN, plot.height + 2))
    return tile


def _heading(motion: Motion) -> str:
    return f"{motion.label}: total drifts by {motion.drift:.0e}"


def _small(motion: Motion) -> plots.Plot:
    last = len(motion.frames) - 1
    return plots.over_time(motion.curves, _heading(motion), 280, 150, 6, np.linspace(0, last, 4).round())


def _now(motion: Motion, plot: plots.Plot, time: int) -> Image.Image:
    """The frame of one time beside the plot, in which a line marks the time."""
    marked = plot.picture.copy()
    x, _ = plot.at(time, 0)
    ImageDraw.Draw(marked).line([(x, 24), (x, marked.height - 24)], fill=plots.PURPLE, width=2)
    return stack([moment(Clip(motion.frames, f"time {time}"), time), marked], across=True)
