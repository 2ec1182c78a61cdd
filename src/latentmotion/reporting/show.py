"""The verb `show`: films and pictures of one trained run, of whatever the model can do.

They are the same drawings as in the figures of the papers: swapped motions, continued first frames, and samples.
"""

import sys
from collections.abc import Callable
from pathlib import Path

from latentmotion.core.errors import UserError
from latentmotion.core.files import write_atomic
from latentmotion.models import base as contract
from latentmotion.reporting.drawing.image_grid import Block, Panel, film, gif, png, still
from latentmotion.reporting.drawing.sequences import samples, swaps
from latentmotion.reporting.drawing.trained_run import Shown, open_runs
from latentmotion.reporting.figures.prediction import predictions

PAIRS = SEQUENCES = 3
SAMPLES = 6


def show(run: Path, settings: dict, out: Path, device: str) -> list[Path]:
    """Writes <what>.gif and <what>.png to `out` and returns them. What the data do not allow is left out and printed.

    Arguments:
        settings: scale, models, datasets and titles, as those of a figure.

    Raises UserError where nothing can be drawn.
    """
    (shown,) = open_runs([run], settings, device, set())
    drawn = [(name, draw) for name, (needs, draw) in DRAWINGS.items() if needs <= shown.model.capabilities]
    if not drawn or not shown.data.has_pictures:
        raise UserError(f"{shown.name}: has no frames that could be shown; its numbers are in results/")
    files = []
    for name, draw in drawn:
        try:
            panels = [Panel(shown.title, draw(shown))]
        except UserError as error:  # such as no two test sequences that differ in all labels
            print(f"{name}: left out ({error})", file=sys.stderr)
            continue
        for suffix, content in (("gif", gif(film(panels))), ("png", png(still(panels)))):
            files.append(out / f"{name}.{suffix}")
            write_atomic(files[-1], content)
    if not files:
        raise UserError(f"{shown.name}: nothing can be drawn, for the reasons above")
    return files


def _swaps(shown: Shown) -> list[Block]:
    return swaps(shown, PAIRS, shown.split.x.shape[1])


def _predictions(shown: Shown) -> list[Block]:
    known = shown.split.x if shown.split.continued is None else shown.split.continued
    return predictions(shown, SEQUENCES, known.shape[1])


def _samples(shown: Shown) -> list[Block]:
    return [Block("samples", samples(shown, SAMPLES, shown.split.x.shape[1]))]


# Name of the files -> what the model must be able to do, and what draws it.
DRAWINGS: dict[str, tuple[set[str], Callable[[Shown], list[Block]]]] = {
    "motion_swap": ({contract.ENCODE}, _swaps),
    "prediction": ({contract.ENCODE, contract.PREDICT}, _predictions),
    "samples": ({contract.SAMPLE_CONTENT, contract.SAMPLE_MOTION}, _samples),
}
