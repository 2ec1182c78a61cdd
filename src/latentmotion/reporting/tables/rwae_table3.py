"""R-WAE, table 3: faces. Are actions kept and told apart, and how far are generated frames from real ones?

Accuracy, entropies and inception score: the motion of test sequences, action variable included, with content from the
prior (content-prior); of a model that encodes nothing, all is drawn and the action asked for (generate). Distances of
frames: all drawn from the priors (frame-distance). Beyond the paper: what the action variable knows by itself
(category), and the entropies of what is drawn as a whole.
"""

import math

import pandas as pd

from latentmotion.config.catalogue import REAL, dataset_name
from latentmotion.reporting.display_names import CHANCE, printed_row
from latentmotion.reporting.tabulation.aggregate import (
    Cells,
    long_form,
    other_data,
    shown,
    weak_judges,
    with_published,
)
from latentmotion.reporting.tabulation.pivot import block, filled, heading
from latentmotion.reporting.tabulation.published import audit, printed

PAPER = "R-WAE"
NUMBER = "table 3"
CAPTION = "Faces: action accuracy, entropies, inception score and Frechet distance of frames"

HELD, DRAWN, FRAMES, CATEGORY = "content-prior", "generate", "frame-distance", "category"
BAR, FLOOR = "real-frames", ":real-floor"
JUDGED = {
    "action_accuracy": ("accuracy ↑, %", ".2f"),
    "action_h_y_given_x": ("H(y|v) ↓", ".3f"),
    "action_h_y": ("H(y) ↑", ".3f"),
    "action_is": ("IS ↑", ".3f"),
}
ENTROPIES = {name: JUDGED[name] for name in ("action_h_y_given_x", "action_h_y", "action_is")}
KNOWN = "category_accuracy"
PRINTED_FID = "fid-inception"  # with none of the numbers that ours has behind it: the paper does not give them
OWN_FID = "fid-judge"
DISTANCES = {OWN_FID: ("fid-judge ↓", ".2f"), PRINTED_FID: ("fid-inception ↓", ".2f")}
COLUMNS = JUDGED | DISTANCES | {KNOWN: ("category ↑, %", ".2f")}
PER_CENT = ("action_accuracy", KNOWN)


def rows(records: list[dict], published: pd.DataFrame, settings: dict) -> pd.DataFrame:
    """The long form: each system under every protocol of this table, with the printed numbers."""

    def cells(model: str, dataset: str, found: list[dict], real: dict) -> Cells:
        wanted = [*((HELD, metric) for metric in JUDGED), *((FRAMES, metric) for metric in _distances(real))]
        ours = shown([_in_per_cent(record) for record in found], wanted, (REAL, BAR, HELD, DRAWN, FRAMES, CATEGORY))
        ours = {key: cell for key, cell in ours.items() if _name(key[1]) in COLUMNS}
        for key in [key for key in ours if _name(key[1]) == OWN_FID]:
            marks = weak_judges(found, f"{real['settings']['frame_label']}_accuracy")
            ours[key]["note"] = "; ".join(filter(None, [ours[key]["note"], *marks]))
        numbers = printed(published, PAPER, "3", printed_row(model, PAPER, "3"), dataset_name(dataset))
        return with_published(ours, _beside(ours, numbers), other_data(dataset, found))

    return long_form(records, settings, [*settings["models"], REAL], cells, lambda real, _: {CHANCE: chance(real)})


def _beside(ours: Cells, numbers: dict[str, str]) -> dict[tuple[str, str], str]:
    """Printed numbers by metric -> by the (protocol, metric) of ours beside which they stand."""
    protocol = DRAWN if (DRAWN, "action_accuracy") in ours else HELD
    distance = next((key for key in ours if _name(key[1]) == PRINTED_FID), (FRAMES, PRINTED_FID))
    return {distance if metric == "fid" else (protocol, metric): value for metric, value in numbers.items()}


def _in_per_cent(record: dict) -> dict:
    """The record with its accuracies, which are fractions, as the paper prints them."""
    metrics = [
        {**cell, "value": 100 * cell["value"]} if cell["metric"] in PER_CENT else cell for cell in record["metrics"]
    ]
    return {**record, "metrics": metrics}


def _distances(real: dict) -> list[str]:
    """The identifiers under which frames are measured, as the real data's floors have them."""
    return [cell["metric"].removesuffix(FLOOR) for cell in real["metrics"] if cell["protocol"] == BAR]


def _name(metric: str) -> str:
    """Of a distance the network, `fid-judge:312x8:312x8:32px` -> `fid-judge`; any other metric as it is."""
    return metric.partition(":")[0]


def chance(real: dict) -> Cells:
    """What a uniform guess scores."""
    count = real["classes"]["action"]
    values = {"action_accuracy": 100 / count, "action_h_y_given_x": math.log(count), "action_h_y": math.log(count)}
    values |= {"action_is": 1.0, KNOWN: 100 / count}
    return {(CHANCE, name): {"mean": v, "status": "computed", "note": "uniform guess"} for name, v in values.items()}


def view(long: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The paper's table, each row under its protocol; and what is drawn as a whole."""
    held = {(line.dataset, line.row) for line in long.itertuples() if line.protocol == HELD}
    of_held = pd.Series([key in held for key in zip(long.dataset, long.row, strict=True)], index=long.index)
    paper = long[~(of_held & (long.protocol == DRAWN))]
    whole = long[long.protocol.isin({REAL, CHANCE, DRAWN})].assign(published=None)
    whole = whole[whole.metric.isin(ENTROPIES)]
    drawn = DRAWN in set(whole.protocol)
    return filled(
        {
            "The paper's table": _with_protocols(block(paper, _columns(paper)), paper),
            "Everything drawn from the priors (generate)": block(whole, _columns(whole)) if drawn else pd.DataFrame(),
        }
    )


def _columns(long: pd.DataFrame) -> dict[tuple[str, str], tuple[str, str]]:
    """(protocol, metric) -> column, in the order of COLUMNS."""
    keys = list(dict.fromkeys(zip(long.protocol, long.metric, strict=True)))
    return {key: COLUMNS[name] for name in COLUMNS for key in keys if _name(key[1]) == name}


def _with_protocols(found: pd.DataFrame, long: pd.DataFrame) -> pd.DataFrame:
    """A first column that says what was held, where a judge has looked."""
    judged = long[long.protocol.isin({HELD, DRAWN}) & long["mean"].notna()]
    by_row = {(heading(line, long), line.row): line.protocol for line in judged.itertuples()}
    if by_row:
        found.insert(0, ("protocol", "ours"), [by_row.get(key, "") for key in found.index])
    return found


def notes(records: list[dict], published: pd.DataFrame) -> list[str]:
    """What a reader must know of this table beyond what all tables say."""
    cells = [cell for record in records for cell in record["metrics"] if cell["protocol"] in (FRAMES, BAR)]
    measured = sorted({cell["metric"].removesuffix(FLOOR) for cell in cells})
    checked = audit(published[(published.paper == PAPER) & (published.table == "3")])
    return [
        "Accuracy, entropies and IS, by the judge of the action. DS-VAE(NA) in the paper: 'fixing the encoded motions "
        "and randomly sampling content variable from the prior' (content-prior). Of the others it says that samples "
        "'are generated by incorporating the prior information (number of actions)'; here they are made in the same "
        "way, the class that they infer being part of the motion that is held. MoCoGAN encodes nothing: all of it is "
        "drawn, the action asked for (generate).",
        "Distances are squared Frechet distances of Gaussians fitted to features of frames: all frames of as many "
        "videos, drawn from the priors, as there are test sequences, against all of theirs. fid-judge: features of the "
        "judge of identity, before its LSTM; it sees who is shown and how sharply, hardly the expression. "
        "fid-inception: the network of the published FID, downloaded where evaluation.inception is true, never "
        "replaced; printed FIDs stand in its column alone, though the paper gives neither network, number of frames "
        "nor size. Frames of one video are alike, so they count for fewer; no row can be expected below 'real data', "
        "the distance of training to test frames."
        + (f" Network, videos x frames of either set, size: {', '.join(measured)}." if measured else ""),
        "Category, not in the paper: the class that a model infers behind the motion of test sequences, which nobody "
        "named, against the action; classes are matched to actions one to one on the training sequences.",
        f"Of the {len(checked)} printed inception scores {int(checked.holds.sum())} agree with the printed entropies "
        "within rounding. The paper's judge, a 3D network, is right on 95.11 % of its test videos, with IS 5.20; ours "
        "is that of HALO. The text calls this table 'table 2', and its videos 8 and 10 frames long.",
    ]
