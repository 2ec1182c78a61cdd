"""HALO, table 1: how close sequences predicted from a first frame are to the truth, for two Hamiltonian operators.

Beyond the paper: the scores of copying the first frame, and scores of the predicted frames without the given one.
"""

import pandas as pd

from latentmotion.config.catalogue import REAL, dataset_name
from latentmotion.reporting.display_names import COPY, printed_row
from latentmotion.reporting.tabulation.aggregate import Cells, long_form, measured, published_on, with_published
from latentmotion.reporting.tabulation.pivot import block, non_empty
from latentmotion.reporting.tabulation.published import printed
from latentmotion.reporting.titles import Titles

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
    """The long form: every metric of every model, and of copying the first frame."""

    def cells(model: str, dataset: str, found: list[dict], real: dict) -> Cells:
        numbers = printed(published, PAPER, "1", printed_row(model, PAPER, "1"), dataset_name(dataset))
        ours = measured(found, [("predict", metric) for metric in (*QUALITY, *FUTURE)], PROTOCOLS)
        keyed = {("predict", metric): value for metric, value in numbers.items()}
        return with_published(ours, keyed, published_on(dataset, found, settings))

    return long_form(records, settings, [*settings["models"], REAL], cells)


def view(long: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The paper's table as a block, and a block of the predicted frames alone."""
    titles = {
        "All frames, the given one included": QUALITY,
        "Predicted frames alone (beyond the paper)": FUTURE,
    }
    return non_empty(
        {
            title: block(long, {(protocol, metric): columns[metric] for protocol in PROTOCOLS for metric in columns})
            for title, columns in titles.items()
        }
    )


def notes(records: list[dict], published: pd.DataFrame, settings: dict) -> list[str]:
    """The footnotes that this table has beyond those of every table."""
    titles = Titles.of(settings)
    lengths = {
        titles.dataset(record["dataset"]): record["settings"]["predict_length"]
        for record in records
        if "predict_length" in record.get("settings", {})
    }
    counted = "; ".join(f"{name}: {length} frames" for name, length in lengths.items())
    return [
        "Content and state are inferred from the first frame of every test sequence. The dynamics advance the state, "
        f"and each generated frame is compared with the true one{f' ({counted})' if counted else ''}. Where the true "
        "sequence is periodic, it is continued by repetition, as in the paper; all other sequences are recorded for "
        "longer than models see in training.",
        "As in the paper, the whole generated sequence counts, including the given frame as the model reconstructs it. "
        "Means are over frames, then over sequences; intensities are in [0, 1]. The PSNR of a frame is at most 58.9 "
        f"dB, which is what rounding to 256 levels allows. The given frame has this value in the row '{COPY}'.",
        "The printed PSNRs and MSEs fit together for a peak of 1. For a peak of 2, which frames in [-1, 1] would have, "
        "the MSEs printed for MUG would allow no PSNR below 29.5 dB.",
        "The horizon is the number of predicted frames before the squared error first exceeds the error that copying "
        "the first frame has on average over that sequence.",
        "The paper's ± is over random seeds, whose number it does not give.",
    ]
