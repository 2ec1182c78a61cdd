"""HALO, supplementary table 2: the angle of rotating MNIST that no digit shows, completed by five systems.

Beyond the paper: what the neighbouring angles score without a model, and the error of the frames that were shown.
"""

import pandas as pd

from latentmotion.config.catalogue import dataset_name
from latentmotion.reporting.display_names import printed_row
from latentmotion.reporting.tabulation.aggregate import Cells, long_form, other_data, shown, with_published
from latentmotion.reporting.tabulation.pivot import Columns, block
from latentmotion.reporting.tabulation.published import printed

PAPER = "HALO"
NUMBER = "supplementary table 2"
CAPTION = "Rotating MNIST: mean squared error of the missing angle"

PROTOCOL, BAR = "missing-angle", "nearest-angle"
BARS = {"copy": "nearest angle copied", "mean": "mean of both neighbours"}  # names of the bar's metrics -> rows
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
        return with_published(shown(found, WANTED, {PROTOCOL}), keyed, other_data(dataset, found))

    return long_form(records, settings, settings["models"], cells, lambda real, _: bars(real))


def bars(real: dict) -> dict[str, Cells]:
    """What the neighbours score, under the names that the systems' metrics have."""
    found: dict[str, Cells] = {}
    for (protocol, metric), cell in shown([real], [], {BAR}).items():
        name, _, score = metric.partition("_")
        found.setdefault(BARS[name], {})[protocol, score] = cell
    return found


def view(long: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The paper's table, dataset by dataset."""
    blocks = [block(long[long.dataset == dataset], COLUMNS) for dataset in dict.fromkeys(long.dataset)]
    return {f"The angle that no digit shows: {found.index[0][0]}": found for found in blocks if not found.empty}


def notes(records: list[dict], published: pd.DataFrame) -> list[str]:
    """What a reader must know of this table beyond what all tables say."""
    return [
        "Protocol missing-angle: threes at 16 angles of a revolution. Angle 3 (67.5 degrees) is hidden on every digit, "
        "and four more on each at random; systems train on the other eleven and are scored on angle 3 of the same "
        "digits, intensities in [0, 1], mean over pixels and digits. Settings were chosen by the angles hidden at "
        "random.",
        "Each of the papers says to follow the one before and does not: GPPVAE hides a quarter of all frames and "
        "scores three quarters of the missing angle, ODE2VAE hides as here, and HALO's code trains on whole sequences "
        "of other digits (protocols/missing_angle.py).",
        "GPPVAE knows each frame's digit and angle. ODE2VAE infers its path from the first frame that is shown, HALO "
        "its state from one frame and those before it; neither is told the angle.",
    ]
