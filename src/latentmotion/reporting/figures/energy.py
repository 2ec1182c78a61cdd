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
from latentmotion.models.base import SequenceModel
from latentmotion.models.dynamics.hamiltonian import Hamiltonian
from latentmotion.reporting.drawing import plots
from latentmotion.reporting.drawing.image_grid import Clip, enlarge, gif, grid, moment, png, shelf, stack
from latentmotion.reporting.drawing.sequences import alone
from latentmotion.reporting.drawing.trained_run import Shown, open_runs

PAPER = "HALO"
NUMBER = "figure S3"
CAPTION = (
    "Energy over time: total, kinetic, potential and non-separable energy of one test frame, moved by each operator"
)
SEE = "The black line, the total energy, should stay level while the three terms exchange energy below it."

BETWEEN = 8  # points of a curve for each frame, since the flow is continuous
SIDE, WIDTH = 64, 470  # pixels of a frame and of the axes of the still
STEPS = tuple(digit * 10**power for power in range(5) for digit in (1, 2, 5))  # between the times that are written
TERMS = (
    ("total", "total", plots.BLACK, "-"),
    ("kinetic", "kinetic", plots.BLUE, "--"),
    ("potential", "potential", plots.VERMILION, "-."),
    ("nonseparable", "non-separable", plots.GREEN, ":"),
)


@dataclass(frozen=True)
class Motion:
    """The motion of one operator.

    Attributes:
        frames: (L, C, H, W), decoded.
        energies: each term in float64, at `between` points for each frame: ((L - 1) between + 1,).
    """

    label: str
    frames: np.ndarray
    energies: dict[str, np.ndarray]
    between: int

    @property
    def drift(self) -> float:
        """The drift of the total energy, max_t |E_t - E_0| / |E_0|."""
        total = self.energies["total"]
        return float(np.abs(total - total[0]).max() / abs(total[0]))

    def curves(self, count: int) -> list[plots.Curve]:
        """A curve for each term, over the first `count` frames."""
        end = (count - 1) * self.between + 1
        return [plots.Curve(label, self.energies[term][:end], colour, dashes) for term, label, colour, dashes in TERMS]


def render(runs: list[Path], settings: dict, device: str) -> dict[str, bytes]:
    """Options: `length` in frames, over which the drift is taken (100), and `drawn`, how many are drawn (32)."""
    length = settings["options"].get("length", 100)
    window = min(settings["options"].get("drawn", 32), length)
    shown = open_runs(runs, settings, device, {contract.ENCODE, contract.DYNAMICS, contract.ENERGY})
    found = [(run.title, *motions(run, length)) for run in shown]
    still = [_sheet(title, start, [_tile(motion, window) for motion in paths]) for title, start, paths in found]
    drawn = [[(motion, _small(motion, window)) for motion in paths] for _, _, paths in found]
    film = [
        shelf(
            [
                _sheet(title, start, [_now(*pair, time) for pair in pairs])
                for (title, start, _), pairs in zip(found, drawn, strict=True)
            ]
        )
        for time in range(window)
    ]
    return {"png": png(stack(still)), "gif": gif(film)}


def motions(run: Shown, length: int) -> tuple[str, list[Motion]]:
    """The name of the chosen frame, and its motion for every action; without actions, by every operator alone."""
    model, i = run.model, run.choose(1, "energy figure")[0]
    x, action = run.given(np.array([i]))
    first, content = x[:, :1], model.encode(x[:, :1], action)[0]
    if contract.ACTION_MOTION in model.capabilities:
        every = run.on_device(np.arange(len(run.actions)))
        states, fine = _paths(model, model.state(first.expand(len(every), -1, -1, -1, -1), every), length)
        labels, moving = run.actions, torch.ones(len(every), model.operators, device=run.device)
    else:
        states, fine = map(alone, _paths(model, model.state(first, action), length))
        labels = [f"operator {k + 1}" for k in range(model.operators)]
        moving = torch.eye(model.operators, device=run.device)
    frames = run.roll(content.expand(len(states), -1), states)
    energies = {name: _of(term, moving) for name, term in model.energies(fine).items()}
    between = (fine.shape[1] - 1) // (length - 1)
    return f"from the first frame of {run.called(i)}", [
        Motion(label, frames[n], {name: term[n] for name, term in energies.items()}, between)
        for n, label in enumerate(labels)
    ]


def _paths(model: SequenceModel, state: Tensor, length: int) -> tuple[Tensor, Tensor]:
    """The states (B, L, K, S) of each frame, and the states between them too, at BETWEEN points for each frame.

    Since exp((n + f) H) = exp(n H) exp(f H), a path between the frames is the path of a state that moved by the
    fraction f of a frame. A dynamics without an exact flow has the states of the frames alone.
    """
    states = model.advance(state, 0, length - 1)
    if not isinstance(model.dynamics, Hamiltonian):
        return states, states
    begun = model.dynamics.flow(torch.arange(BETWEEN, device=state.device) / BETWEEN)
    fractions = torch.einsum("fkij,bkj->fbki", begun, state.double())
    paths = torch.stack([model.advance(part, 0, length - 1) for part in fractions], dim=2)  # (B, L, BETWEEN, K, S)
    return states, paths.flatten(1, 2)[:, : (length - 1) * BETWEEN + 1]


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


def _tile(motion: Motion, window: int) -> Image.Image:
    """The plot of the first `window` frames above some of them, each of which stands below its time."""
    times = _times(window, 7)
    frames = [Image.fromarray(enlarge(motion.frames[time], SIDE)) for time in times]
    side = frames[0].width
    plot = plots.over_time(
        motion.curves(window), _heading(motion), WIDTH, 170, side // 2, times, motion.between, window - 1
    )
    tile = Image.new("RGB", (plot.picture.width, plot.picture.height + side + 6), "white")
    tile.paste(plot.picture, (0, 0))
    for time, frame in zip(times, frames, strict=True):
        tile.paste(frame, (round(plot.at(time, 0)[0]) - side // 2, plot.picture.height + 2))
    return tile


def _times(length: int, count: int) -> np.ndarray:
    """Up to `count` times from 0 at the smallest round distance: of 100 frames and 7 times 0, 20, 40, 60 and 80."""
    step = next(step for step in STEPS if step * count >= length)
    return np.arange(0, length, step)


def _heading(motion: Motion) -> str:
    return f"{motion.label}: total drifts by {motion.drift:.0e} in {len(motion.frames)} frames"


def _small(motion: Motion, window: int) -> plots.Plot:
    return plots.over_time(
        motion.curves(window), _heading(motion), 320, 150, 6, _times(window, 7), motion.between, window - 1
    )


def _now(motion: Motion, plot: plots.Plot, time: int) -> Image.Image:
    """The frame of one time beside the plot, in which a line marks the time."""
    marked = plot.picture.copy()
    x, _ = plot.at(time, 0)
    ImageDraw.Draw(marked).line([(x, 24), (x, marked.height - 24)], fill=plots.PURPLE, width=2)
    return stack([moment(Clip(motion.frames, f"time {time}"), time), marked], across=True)
