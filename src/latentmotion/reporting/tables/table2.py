"""HALO, table 2. Left: are generated motions the ones asked for, and varied? Right: is the content kept under swaps?

Left half: the content of test sequences with a motion from the prior, asked for an action (motion-prior). A model
that cannot be asked for an action keeps the motion and samples the content (content-prior); one that encodes nothing
samples all of it (generate). Right half: the motion of one test sequence with the content of another (motion-swap).
"""

import math
from collections.abc import Container

import pandas as pd

from latentmotion.config.catalogue import REAL, dataset_name
from latentmotion.reporting.display_names import CHANCE, SYSTEMS, dataset_label, printed_row, published_label
from latentmotion.reporting.tabulation.aggregate import (
    Cells,
    cell_text,
    long_form,
    other_data,
    shown,
    with_published,
)
from latentmotion.reporting.tabulation.pivot import filled, frame, heading
from latentmotion.reporting.tabulation.published import audit, printed

PAPER = "HALO"
NUMBER = "table 2"
CAPTION = (
    "Disentanglement of content and motion: action accuracy, entropies and inception score; content kept under swaps"
)

ACTION = {
    "action_accuracy": "accuracy ↑",
    "action_h_y_given_x": "H(y|x) ↓",
    "action_h_y": "H(y) ↑",
    "action_is": "IS ↑",
}
LEFT = ("motion-prior", "content-prior", "generate")
SWAP = "motion-swap"
HALVES = (REAL, *LEFT, SWAP)
LOST = "unknown-"  # metrics of the right half whose row labels are lost in our copy of the paper


def rows(records: list[dict], published: pd.DataFrame, settings: dict) -> pd.DataFrame:
    """The long form: every protocol and metric of every system, with the printed number where there is one."""

    def cells(model: str, dataset: str, found: list[dict], real: dict) -> Cells:
        numbers = printed(published, PAPER, "2", printed_row(model, PAPER, "2"), dataset_name(dataset))
        return halves(shown(found, wanted(real), HALVES), numbers, other_data(dataset, found))

    models = [*SYSTEMS, *(model for model in settings["models"] if model not in SYSTEMS)]
    return long_form(records, settings, models, cells, lambda real, _: {CHANCE: chance(real)})


def halves(cells: Cells, numbers: dict[str, str], remark: str) -> Cells:
    """Printed numbers by metric beside ours, each under the protocol of its half of the table."""
    left = _left(cells)
    keyed = {(left if metric in ACTION else SWAP, metric): value for metric, value in numbers.items()}
    with_published(cells, keyed, remark)
    lost = {key: value for key, value in keyed.items() if key[1].startswith(LOST)}
    return with_published(cells, lost, "row label lost: one of four attributes, order unknown")


def wanted(real: dict) -> list[tuple[str, str]]:
    """What both halves show of a system that encodes."""
    return [(LEFT[0], metric) for metric in ACTION] + [
        (SWAP, metric) for metric in ("action_accuracy", *contents(real))
    ]


def _left(measured: Container[tuple[str, str]]) -> str:
    """The protocol of a system's left half: the first under which its accuracy was measured."""
    return next((protocol for protocol in LEFT if (protocol, "action_accuracy") in measured), LEFT[0])


def contents(real: dict) -> list[str]:
    """The metrics of the content labels that the judges of a dataset know."""
    metrics = (cell["metric"] for cell in real["metrics"] if cell["protocol"] == REAL)
    return [metric for metric in metrics if metric.endswith("_accuracy") and metric not in ACTION]


def chance(real: dict) -> Cells:
    """What a uniform guess scores."""
    values = {f"{label}_accuracy": 1 / count for label, count in real["classes"].items()}
    entropy = math.log(real["classes"]["action"])
    values |= {"action_h_y_given_x": entropy, "action_h_y": entropy, "action_is": 1.0}
    return {
        (CHANCE, metric): {"mean": values[metric], "status": "computed", "note": "uniform guess"}
        for metric in (*ACTION, *contents(real))
    }


def view(long: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The paper's halves: title -> cells as text, columns (metric, "ours" or "published"). A right half a dataset."""
    return filled({"Motion or content from the prior": left_half(long)} | right_halves(long))


def left_half(long: pd.DataFrame) -> pd.DataFrame:
    """Each system under the protocol of its left half."""
    chosen = [
        long[
            (long.dataset == dataset)
            & (long.row == row)
            & (long.protocol == _left(set(zip(own.protocol, own.metric, strict=True))))
        ]
        for (dataset, row), own in long[long["mean"].notna() | long.published.notna()].groupby(
            ["dataset", "row"], sort=False
        )
    ]
    left = pd.concat([*chosen, long[long.protocol.isin({REAL, CHANCE})]]).sort_index()
    return _block(left, set(LEFT), ACTION, protocol=True)


def right_halves(long: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Title -> what motion swaps keep, dataset by dataset: each has labels of its own."""
    blocks = {}
    for dataset in dict.fromkeys(long.dataset):
        here = long[(long.dataset == dataset) & long.protocol.isin({REAL, SWAP, CHANCE})]
        if SWAP not in set(here.protocol):
            continue
        accuracies = [m for m in dict.fromkeys(here.metric) if m.endswith("_accuracy") and not m.startswith(LOST)]
        block = _block(here, {SWAP}, {m: f"{m.removesuffix('_accuracy')} ↑" for m in accuracies})
        blocks[f"Accuracy under motion swaps: {block.index[0][0]}"] = block
    return blocks


def _block(long: pd.DataFrame, protocols: set[str], columns: dict[str, str], protocol: bool = False) -> pd.DataFrame:
    rows: dict[tuple[str, str], dict] = {}
    for cell in long[long.protocol.isin(protocols | {REAL, CHANCE})].itertuples():
        row = rows.setdefault((heading(cell, long), cell.row), {})
        if protocol and cell.protocol in protocols and not pd.isna(cell.mean):
            row["protocol", "ours"] = cell.protocol
        if cell.metric.startswith(LOST):
            key = ("attributes, order lost", "published")
            row[key] = f"{row[key]}, {cell.published}" if key in row else cell.published
        elif cell.metric in columns:
            row[columns[cell.metric], "ours"] = cell_text(cell)
            row[columns[cell.metric], "published"] = "" if pd.isna(cell.published) else cell.published
    return frame(rows, ["protocol", *columns.values(), "attributes, order lost"])


def notes(records: list[dict], published: pd.DataFrame) -> list[str]:
    """What a reader must know of this table beyond what all tables say."""
    checked = audit(published[(published.paper == PAPER) & (published.table == "2")])
    broken = ", ".join(
        f"{line.row} on {published_label(line.dataset)}" for line in checked[~checked.holds].itertuples()
    )
    ceilings = {dataset_label(r["dataset"]): r["classes"]["action"] for r in records if r["model"] == REAL}
    return [
        "Left half of the paper's table: the content of every test sequence with motions from the prior, asked for the "
        "action of another test sequence, so that content which holds the action does not help (motion-prior). Models "
        "that cannot be asked keep the motion of the test sequence and sample the content (content-prior). MoCoGAN has "
        "no encoder: all of it is sampled, the action given (generate), and it has no place in the right half.",
        "Right half: the motion of one test sequence with the content of another (protocol motion-swap). Action is "
        "that of the one that lends its motion, all else that of the one that lends its content.",
        "Best possible H(y) and IS: "
        + "; ".join(f"{name} ln {k} = {math.log(k):.3f} and {k}" for name, k in ceilings.items())
        + ". IS = exp(H(y) - H(y|x)) adds nothing to the entropies and cannot see a generator that repeats itself.",
        f"The {len(checked)} printed inception scores agree with the printed entropies within rounding"
        + (f", but for: {broken}." if broken else ", every one."),
        "The row labels of the right half are lost in our copy of the paper: 0.998 is identity on MUG (supplementary "
        "table 1b); the other four are the attributes of Sprites in unknown order, and stand beside none of ours.",
    ]
