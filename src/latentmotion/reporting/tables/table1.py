"""HALO, table 1: how near a continued first frame comes to the truth, for two kinds of Hamiltonian operator.

Beyond the paper: what copying the first frame scores, and the predicted frames without the given one.
"""

import pandas as pd

from latentmotion.config.catalogue import REAL, dataset_name
from latentmotion.reporting.display_names import COPY, dataset_label, printed_row
from latentmotion.reporting.tabulation.aggregate import Cells, long_form, other_data, shown, with_published
from latentmotion.reporting.tabulation.pivot import block, filled
from latentmotion.reporting.tabulation.published import printed

PAPER = "HALO"
NUMBER = "table 1"
CAPTION = "Prediction from a single frame: two structures of the Hamiltonian operator"

QUALITY = {"ssim": ("SSIM ↑", ".3f"), "psnr": ("PSNR ↑", ".2f"), "mse": ("MSE ↓", ".4f")}
FUTURE = {
    "mse_future": ("MSE ↓", ".4f"),
    "mse_over_copy": ("relative to copying ↓", ".3f"),
    "horizon": ("horizon ↑", ".2f"),
}
PROTOCOLS = ("predict", "copy")


def rows(records: list[dict], published: pd.DataFrame, settings: dict) -> pd.DataFrame:
    """The long form: every metric of every operator, and of the first frame repeated."""

    def cells(model: str, dataset: str, found: list[dict], real: dict) -> Cells:
        numbers = printed(published, PAPER, "1", printed_row(model, PAPER, "1"), dataset_name(dataset))
        ours = shown(found, [("predict", metric) for metric in (*QUALITY, *FUTURE)], PROTOCOLS)
        keyed = {("predict", metric): value for metric, value in numbers.items()}
        return with_published(ours, keyed, other_data(dataset, found))

    return long_form(records, settings, [*settings["models"], REAL], cells)


def view(long: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The paper's table, and the predicted frames alone."""
    titles = {
        "All frames, the given one included": QUALITY,
        "Predicted frames alone (beyond the paper)": FUTURE,
    }
    return filled(
        {
            title: block(long, {(protocol, metric): columns[metric] for protocol in PROTOCOLS for metric in columns})
            for title, columns in titles.items()
        }
    )


def notes(records: list[dict], published: pd.DataFrame) -> list[str]:
    """What a reader must know of this table beyond what all tables say."""
    lengths = {
        dataset_label(record["dataset"]): record["settings"]["predict_length"]
        for record in records
        if "predict_length" in record.get("settings", {})
    }
    counted = "; ".join(f"{name} {length} frames" for name, length in lengths.items())
    return [
        "Content and state are inferred from the first frame of every test sequence, the state is rolled out, and each "
        f"frame is compared with the true one{f' ({counted})' if counted else ''}. Periodic sequences are continued by "
        "repeating them, as the paper does; all others are longer than those of training.",
        "As in the paper the whole generated sequence counts, the given frame as the model renders it included. Means "
        "are over frames, then over sequences; intensities are in [0, 1]. A frame counts 58.9 dB at most, what "
        f"rounding to 256 levels allows; the given frame has that in '{COPY}'.",
        "Printed PSNRs and MSEs fit together for a peak of 1. For one of 2, frames in [-1, 1], the MSEs printed for "
        "MUG would allow no PSNR below 29.5 dB.",
        "Horizon: predicted frames before the squared error first exceeds what copying the first frame costs that "
        "sequence on average.",
        "The paper's ± is over random seeds, of which it does not give the number.",
    ]
