"""The two halves of HALO's table 2, which its supplementary table 1 repeats for other models.

Left half: whether generated motions show the action that was requested, and how much they vary. The content is that of
test sequences and the motion is sampled from the prior, conditioned on an action (protocol motion-prior). A model that
takes no action labels keeps the motion of the test sequence and samples the content (content-prior). A model without an
encoder samples both (generate). Right half: whether the content is kept when the motion of one test sequence is
combined with the content of another (motion-swap).
"""

import math
from collections.abc import Container

import pandas as pd

from latentmotion.config.catalogue import REAL
from latentmotion.reporting.display_names import CHANCE
from latentmotion.reporting.tabulation.aggregate import Cells, cell_text, with_published
from latentmotion.reporting.tabulation.pivot import as_block, heading

ACTION = {
    "action_accuracy": "accuracy ↑",
    "action_h_y_given_x": "H(y|x) ↓",
    "action_h_y": "H(y) ↑",
    "action_is": "IS ↑",
}
LEFT = ("motion-prior", "content-prior", "generate")
SWAP = "motion-swap"
HALVES = (REAL, *LEFT, SWAP)
LOST = "unknown-"  # begins the metrics of the right half whose row labels are lost in our copy of the paper
LOST_TITLE = "attributes, order lost"


def beside_published(cells: Cells, numbers: dict[str, str], remark: str) -> Cells:
    """The cells of a model with printed numbers beside them, each under the protocol of its half of the table."""
    left = _left_protocol(cells)
    keyed = {(left if metric in ACTION else SWAP, metric): value for metric, value in numbers.items()}
    with_published(cells, keyed, remark)
    lost = {key: value for key, value in keyed.items() if key[1].startswith(LOST)}
    return with_published(cells, lost, "row label lost: one of four attributes, order unknown")


def wanted(real: dict) -> list[tuple[str, str]]:
    """The (protocol, metric) of all cells that both halves show of a model with an encoder."""
    swapped = ("action_accuracy", *content_metrics(real))
    return [*((LEFT[0], metric) for metric in ACTION), *((SWAP, metric) for metric in swapped)]


def _left_protocol(measured: Container[tuple[str, str]]) -> str:
    """The protocol of a model's left half: the first of LEFT under which the accuracy of its action was measured."""
    return next((protocol for protocol in LEFT if (protocol, "action_accuracy") in measured), LEFT[0])


def content_metrics(real: dict) -> list[str]:
    """The accuracies of those content labels of a data set that have a judge."""
    metrics = (cell["metric"] for cell in real["metrics"] if cell["protocol"] == REAL)
    return [metric for metric in metrics if metric.endswith("_accuracy") and metric not in ACTION]


def chance(real: dict) -> Cells:
    """The cells of a uniform guess."""
    values = {f"{label}_accuracy": 1 / count for label, count in real["classes"].items()}
    entropy = math.log(real["classes"]["action"])
    values |= {"action_h_y_given_x": entropy, "action_h_y": entropy, "action_is": 1.0}
    return {
        (CHANCE, metric): {"mean": values[metric], "status": "computed", "note": "uniform guess"}
        for metric in (*ACTION, *content_metrics(real))
    }


def left_half(long: pd.DataFrame) -> pd.DataFrame:
    """The block of the left half: each model under the protocol of its left half, which stands in the first column."""
    chosen = [
        long[
            (long.dataset == dataset)
            & (long.row == row)
            & (long.protocol == _left_protocol(set(zip(own.protocol, own.metric, strict=True))))
        ]
        for (dataset, row), own in long[long["mean"].notna() | long.published.notna()].groupby(
            ["dataset", "row"], sort=False
        )
    ]
    left = pd.concat([*chosen, long[long.protocol.isin({REAL, CHANCE})]]).sort_index()
    return _half(left, set(LEFT), ACTION, protocol=True)


def right_halves(long: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The blocks of the right half by title. Each data set has a block, because its labels are its own."""
    blocks = {}
    for dataset in dict.fromkeys(long.dataset):
        here = long[(long.dataset == dataset) & long.protocol.isin({REAL, SWAP, CHANCE})]
        if SWAP not in set(here.protocol):
            continue
        accuracies = [m for m in dict.fromkeys(here.metric) if m.endswith("_accuracy") and not m.startswith(LOST)]
        block = _half(here, {SWAP}, {m: f"{m.removesuffix('_accuracy')} ↑" for m in accuracies})
        blocks[f"Accuracy under motion swaps: {block.index[0][0]}"] = block
    return blocks


def _half(long: pd.DataFrame, protocols: set[str], columns: dict[str, str], protocol: bool = False) -> pd.DataFrame:
    rows: dict[tuple[str, str], dict] = {}
    for cell in long[long.protocol.isin(protocols | {REAL, CHANCE})].itertuples():
        row = rows.setdefault((heading(cell, long), cell.row), {})
        if protocol and cell.protocol in protocols and not pd.isna(cell.mean):
            row["protocol", "ours"] = cell.protocol
        if cell.metric.startswith(LOST):
            key = (LOST_TITLE, "published")
            row[key] = f"{row[key]}, {cell.published}" if key in row else cell.published
        elif cell.metric in columns:
            row[columns[cell.metric], "ours"] = cell_text(cell)
            row[columns[cell.metric], "published"] = "" if pd.isna(cell.published) else cell.published
    return as_block(rows, ["protocol", *columns.values(), LOST_TITLE])
