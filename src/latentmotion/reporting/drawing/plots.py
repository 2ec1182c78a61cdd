"""Draws plots as pictures with matplotlib, without a display and laid out in pixels; equal input gives equal bytes."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

DOTS = 100  # per inch
# The colours of Okabe and Ito, which colour-blind readers can distinguish; dashes distinguish the lines in grey.
BLACK, BLUE, VERMILION, GREEN = "#000000", "#0072B2", "#D55E00", "#009E73"
ORANGE, SKY, PURPLE = "#E69F00", "#56B4E9", "#CC79A7"
SOFT = "#59636e"
MARGIN, RIGHT = 64, 10  # pixels left and right of a plot against time


@dataclass(frozen=True)
class Curve:
    """A line of a plot against time."""

    label: str
    values: np.ndarray
    colour: str
    dashes: str


@dataclass(frozen=True)
class Plot:
    """A picture and the places of its data: pixel = origin + scale * value, where y points downwards."""

    picture: Image.Image
    origin: tuple[float, float]
    scale: tuple[float, float]

    def at(self, x: float, y: float) -> tuple[float, float]:
        """The pixel of a value."""
        return self.origin[0] + self.scale[0] * x, self.origin[1] + self.scale[1] * y


def canvas(width: int, height: int, margins: tuple[int, int, int, int]):
    """A figure of that size in pixels and its axes within margins (left, top, right, bottom)."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure((width / DOTS, height / DOTS), dpi=DOTS)
    FigureCanvasAgg(figure)
    left, top, right, bottom = margins
    axes = figure.add_axes(
        (left / width, bottom / height, (width - left - right) / width, (height - top - bottom) / height)
    )
    axes.tick_params(labelsize=8.5, color=SOFT, labelcolor=SOFT, length=3)
    for side in axes.spines.values():
        side.set_color(SOFT)
        side.set_linewidth(0.6)
    return figure, axes


def finished(figure, axes) -> Plot:
    """The figure as a picture, with the final limits of its linear axes."""
    figure.canvas.draw()
    picture = Image.fromarray(np.asarray(figure.canvas.buffer_rgba())[..., :3].copy())
    (x0, y0), (x1, y1) = axes.transData.transform([(0, 0), (1, 1)])
    return Plot(picture, (x0, picture.height - y0), (x1 - x0, y0 - y1))


def over_time(
    curves: list[Curve],
    title: str,
    width: int,
    height: int,
    ends: int,
    ticks: np.ndarray,
    between: int,
    last: int,
) -> Plot:
    """A plot of lines against the number of the frame.

    Arguments:
        width: that of the axes, which have MARGIN pixels to their left and RIGHT pixels to their right.
        ends: pixels between each end of the lines and the end of the axes.
        ticks: the frames whose numbers are written.
        between: how many values of a line belong to each frame.
        last: the last frame.
    """
    figure, axes = canvas(MARGIN + width + RIGHT, height, (MARGIN, 24, RIGHT, 24))
    edge = ends / (width - 2 * ends) * last
    for curve in curves:
        times = np.arange(len(curve.values)) / between
        axes.plot(times, curve.values, color=curve.colour, linestyle=curve.dashes, linewidth=1.2)
    axes.set_xlim(-edge, last + edge)
    axes.margins(y=0.08)
    axes.set_xticks(ticks)
    axes.locator_params(axis="y", nbins=5)
    axes.grid(axis="y", color="#d1d9e0", linewidth=0.6)
    axes.yaxis.set_major_formatter("{x:g}")  # otherwise matplotlib may write a factor where the title stands
    axes.set_title(title, loc="left", fontsize=9.5)
    return finished(figure, axes)


def key(curves: list[Curve], width: int) -> Image.Image:
    """The names of the lines with their colours and dashes, in one row."""
    from matplotlib.lines import Line2D

    figure, axes = canvas(width, 22, (0, 0, 0, 0))
    axes.set_axis_off()
    handles = [Line2D([], [], color=c.colour, linestyle=c.dashes, linewidth=1.4, label=c.label) for c in curves]
    figure.legend(handles=handles, loc="center left", ncols=len(curves), fontsize=9.5, frameon=False, borderpad=0)
    return finished(figure, axes).picture


@dataclass(frozen=True)
class Track:
    """A path in a plane: points (L, 2), the values there (L,), a label at its start, and its colour."""

    label: str
    points: np.ndarray
    values: np.ndarray
    colour: str = "white"


def over_plane(
    field: np.ndarray, reach: float, dots: Track, tracks: list[Track], title: str, axes_names: tuple[str, str], size
) -> Plot:
    """A plot of dots and paths over filled contours of the energy of a plane, all with one colour map.

    Arguments:
        field: energies (G, G) over the square [-reach, reach]²; rows lie along the vertical axis.
        dots: points that belong to no path.
        size: (width, height) of the picture in pixels, including the colour bar.
    """
    from matplotlib.patheffects import withStroke
    from matplotlib.ticker import MaxNLocator

    width, height = size
    figure, axes = canvas(width, height, (48, 24, 84, 40))
    ticks, everything = np.linspace(-reach, reach, len(field)), [field, dots.values, *(t.values for t in tracks)]
    low, high = min(float(part.min()) for part in everything), max(float(part.max()) for part in everything)
    colours = {"cmap": "cividis", "vmin": low, "vmax": high}
    filled = axes.contourf(ticks, ticks, field, levels=np.linspace(low, high, 13), **colours)
    axes.scatter(*dots.points.T, c=dots.values, s=14, edgecolors=dots.colour, linewidths=0.6, **colours)
    outline = [withStroke(linewidth=3, foreground="white")]
    for track in tracks:
        axes.plot(*track.points.T, color=track.colour, linewidth=1.2)
        dots_on_it = {"s": 28, "edgecolors": track.colour, "linewidths": 1.4, "zorder": 3}
        axes.scatter(*track.points.T, c=track.values, **dots_on_it, **colours)
        place = {"xytext": (6, 5), "textcoords": "offset points", "fontsize": 11, "fontweight": "bold"}
        axes.annotate(track.label, track.points[0], path_effects=outline, zorder=4, **place)
    axes.set(xlim=(-reach, reach), ylim=(-reach, reach))
    axes.set_xlabel(axes_names[0], fontsize=9, color=SOFT, labelpad=2)
    axes.set_ylabel(axes_names[1], fontsize=9, color=SOFT, labelpad=0)
    axes.locator_params(nbins=5)
    axes.set_title(title, loc="left", fontsize=9.5)
    beside = figure.add_axes((1 - 72 / width, 40 / height, 12 / width, 1 - 64 / height))
    bar = figure.colorbar(filled, cax=beside, ticks=MaxNLocator(5), format="{x:g}")
    bar.ax.tick_params(labelsize=8.5, labelcolor=SOFT, length=3)
    bar.ax.set_title("energy", fontsize=8.5, color=SOFT, pad=6)
    return finished(figure, axes)
