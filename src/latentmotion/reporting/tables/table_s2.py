"""HALO, supplementary table 2: five systems predict the angle of rotating MNIST that is hidden on every digit.

Beyond the paper: the scores of the neighbouring angles without a model, and the error of the frames that were shown.
"""

import pandas as pd

from latentmotion.config.catalogue import dataset_name
from latentmotion.reporting.display_names import printed_row
from latentmotion.reporting.tabulation.aggregate import Cells, long_form, measured, published_on, with_published
from latentmotion.reporting.tabulation.pivot import Columns, block
from latentmotion.reporting.tabulation.published import printed

PAPER = "HALO"
NUMBER = "supplementary table 2"
CAPTION = "Rotating MNIST: mean squared error of the missing angle"

PROTOCOL, BAR = "missing-angle", "nearest-angle"
BARS = {"copy": "nearest angle copied", "mean": "mean of both neighbours"}  # first part of a metric's name -> row
COLUMNS: Columns = {
    (PROTOCOL, "mse"): ("MSE ↓", ".4f"),
    (PROTOCOL, "psnr"): ("PSNR ↑", ".2f"),
    (PROTOCOL, "mse_seen"): ("MSE of the shown angles ↓", ".4f"),
    (BAR, "mse"): ("MSE ↓", ".4f"),
    (BAR, "psnr"): ("PSNR ↑", ".2f"),
}
WANTED = [key for key in COLUMNS if key[0] == PROTOCOL]


def rows(records: list[dict], published: pd.DataFrame, settings: dict) -> pd.DataFrame:
    """The long form: every metric of every system, with the printed number where there is one."""

    def cells(model: str, dataset: str, found: list[dict], real: dict) -> Cells:
        numbers = printed(published, PAPER, "S2", printed_row(model, PAPER, "S2"), dataset_name(dataset))
        keyed = {(PROTOCOL, metric): value for metric, value in numbers.items()}
        return with_published(measured(found, WANTED, {PROTOCOL}), keyed, published_on(dataset, found, settings))

    return long_form(records, settings, settings["models"], cells, lambda real, _: bars(real))


def bars(real: dict) -> dict[str, Cells]:
    """A row for each score of the neighbouring angles, under the metrics' names of the systems."""
    found: dict[str, Cells] = {}
    for (protocol, metric), cell in measured([real], [], {BAR}).items():
        name, _, score = metric.partition("_")
        found.setdefault(BARS[name], {})[protocol, score] = cell
    return found


def view(long: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The paper's table, a block for each data set."""
    blocks = [block(long[long.dataset == dataset], COLUMNS) for dataset in dict.fromkeys(long.dataset)]
    return {f"The angle that no digit shows: {found.index[0][0]}": found for found in blocks if not found.empty}


def notes(records: list[dict], published: pd.DataFrame, settings: dict) -> list[str]:
    """The footnotes that this table has beyond those of every table."""
    return [
        "The data are threes at 16 angles of a revolution. Angle 3 (67.5 degrees) is hidden on every digit, and on "
        "each digit four more angles are hidden at random. Systems train on the other eleven angles and are scored on "
        "angle 3 of the same digits (protocol missing-angle). Intensities are in [0, 1]; the mean is over pixels and "
        "digits. Settings were chosen on the angles that are hidden at random.",
        "Each of the papers claims to follow the one before it, and none does exactly: GPPVAE hides a quarter of all "
        "frames and scores three quarters of the missing angle; ODE2VAE hides frames as we do; HALO's code trains on "
        "whole sequences of other digits. evaluation/protocols/missing_angle.py gives the details.",
        "GPPVAE is given the digit and the angle of each frame. ODE2VAE infers its path from the first frame that is "
        "shown, and HALO its state from one frame and those before it; neither is given the angle.",
    ]
