"""R-WAE, table 3: faces. Are actions kept and distinguishable, and how far are generated frames from real ones?

Accuracy, entropies and inception score: the motion of test sequences, action variable included, with a content from the
prior (content-prior); a model without an encoder samples both, for a given action (generate). Distances of frames: both
are sampled from the priors (frame-distance). Beyond the paper: how well the action variable alone agrees with the
action (category), and the entropies of sequences that are sampled as a whole.
"""

import math

import pandas as pd

from latentmotion.config.catalogue import REAL, dataset_name
from latentmotion.reporting.display_names import CHANCE, printed_row
from latentmotion.reporting.tabulation.aggregate import (
    Cells,
    long_form,
    measured,
    published_on,
    weak_judges,
    with_published,
)
from latentmotion.reporting.tabulation.pivot import block, heading, non_empty
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
PRINTED_FID = "fid-inception"  # our name of it goes on with sizes, which the paper does not give
OWN_FID = "fid-judge"
DISTANCES = {OWN_FID: ("fid-judge ↓", ".2f"), PRINTED_FID: ("fid-inception ↓", ".2f")}
COLUMNS = JUDGED | DISTANCES | {KNOWN: ("category ↑, %", ".2f")}
PER_CENT = ("action_accuracy", KNOWN)


def rows(records: list[dict], published: pd.DataFrame, settings: dict) -> pd.DataFrame:
    """The long form: each system under every protocol of this table, with the printed numbers."""

    def cells(model: str, dataset: str, found: list[dict], real: dict) -> Cells:
        wanted = [*((HELD, metric) for metric in JUDGED), *((FRAMES, metric) for metric in _distances(real))]
        ours = measured([_in_per_cent(record) for record in found], wanted, (REAL, BAR, HELD, DRAWN, FRAMES, CATEGORY))
        ours = {key: cell for key, cell in ours.items() if _name(key[1]) in COLUMNS}
        for key in [key for key in ours if _name(key[1]) == OWN_FID]:
            marks = weak_judges(found, f"{real['settings']['frame_label']}_accuracy")
            ours[key]["note"] = "; ".join(filter(None, [ours[key]["note"], *marks]))
        numbers = printed(published, PAPER, "3", printed_row(model, PAPER, "3"), dataset_name(dataset))
        return with_published(ours, _beside(ours, numbers), published_on(dataset, found, settings))

    return long_form(records, settings, [*settings["models"], REAL], cells, lambda real, _: {CHANCE: chance(real)})


def _beside(ours: Cells, numbers: dict[str, str]) -> dict[tuple[str, str], str]:
    """Printed numbers by metric -> by the (protocol, metric) of our number beside which they stand."""
    protocol = DRAWN if (DRAWN, "action_accuracy") in ours else HELD
    distance = next((key for key in ours if _name(key[1]) == PRINTED_FID), (FRAMES, PRINTED_FID))
    return {distance if metric == "fid" else (protocol, metric): value for metric, value in numbers.items()}


def _in_per_cent(record: dict) -> dict:
    """The record with its accuracies in per cent, as the paper prints them, instead of fractions."""
    metrics = [
        {**cell, "value": 100 * cell["value"]} if cell["metric"] in PER_CENT else cell for cell in record["metrics"]
    ]
    return {**record, "metrics": metrics}


def _distances(real: dict) -> list[str]:
    """The names of the distances, which are those of the real data without their ending FLOOR."""
    return [cell["metric"].removesuffix(FLOOR) for cell in real["metrics"] if cell["protocol"] == BAR]


def _name(metric: str) -> str:
    """The network of a distance, `fid-judge:312x8:312x8:32px` -> `fid-judge`; other metrics stay as they are."""
    return metric.partition(":")[0]


def chance(real: dict) -> Cells:
    """The cells of a uniform guess."""
    count = real["classes"]["action"]
    values = {"action_accuracy": 100 / count, "action_h_y_given_x": math.log(count), "action_h_y": math.log(count)}
    values |= {"action_is": 1.0, KNOWN: 100 / count}
    return {(CHANCE, name): {"mean": v, "status": "computed", "note": "uniform guess"} for name, v in values.items()}


def view(long: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The paper's table, each row under its protocol, and a block of sequences that are sampled as a whole."""
    held = {(line.dataset, line.row) for line in long.itertuples() if line.protocol == HELD}
    of_held = pd.Series([key in held for key in zip(long.dataset, long.row, strict=True)], index=long.index)
    paper = long[~(of_held & (long.protocol == DRAWN))]
    whole = long[long.protocol.isin({REAL, CHANCE, DRAWN})].assign(published=None)
    whole = whole[whole.metric.isin(ENTROPIES)]
    drawn = DRAWN in set(whole.protocol)
    return non_empty(
        {
            "The paper's table": _with_protocols(block(paper, _columns(paper)), paper),
            "Content and motion sampled from the priors (generate)": block(whole, _columns(whole))
            if drawn
            else pd.DataFrame(),
        }
    )


def _columns(long: pd.DataFrame) -> dict[tuple[str, str], tuple[str, str]]:
    """The columns by (protocol, metric), in the order of COLUMNS."""
    keys = list(dict.fromkeys(zip(long.protocol, long.metric, strict=True)))
    return {key: COLUMNS[name] for name in COLUMNS for key in keys if _name(key[1]) == name}


def _with_protocols(found: pd.DataFrame, long: pd.DataFrame) -> pd.DataFrame:
    """The block with a first column of protocols, for rows that a judge has scored."""
    judged = long[long.protocol.isin({HELD, DRAWN}) & long["mean"].notna()]
    by_row = {(heading(line, long), line.row): line.protocol for line in judged.itertuples()}
    if by_row:
        found.insert(0, ("protocol", "ours"), [by_row.get(key, "") for key in found.index])
    return found


def notes(records: list[dict], published: pd.DataFrame, settings: dict) -> list[str]:
    """The footnotes that this table has beyond those of every table."""
    cells = [cell for record in records for cell in record["metrics"] if cell["protocol"] in (FRAMES, BAR)]
    distances = sorted({cell["metric"].removesuffix(FLOOR) for cell in cells})
    checked = audit(published[(published.paper == PAPER) & (published.table == "3")])
    return [
        "Accuracy, entropies and inception score (IS) are decided by the judge of the action. The paper describes its "
        "row DS-VAE(NA) as 'fixing the encoded motions and randomly sampling content variable from the prior' "
        "(protocol content-prior). Of its other rows it writes that samples 'are generated by incorporating the prior "
        "information (number of actions)'; we make them in the same way, where the class that the model infers is part "
        "of the motion that is held. MoCoGAN has no encoder, so that content and motion are sampled for a given action "
        "(generate).",
        "The distances are squared Frechet distances between Gaussians that are fitted to features of frames: all "
        "frames of as many sampled videos as there are test sequences, against all frames of the test sequences. "
        "fid-judge takes the features of the judge of identity before its LSTM; they depend on who is shown and how "
        "sharply, and hardly on the expression. fid-inception takes those of the network of the published FID, which "
        "is downloaded where evaluation.inception is true and never replaced by another. The printed FIDs stand in its "
        "column only, although the paper states neither the network nor the number or size of frames. Frames of one "
        "video are alike, so that they count for fewer. The row 'real data' is the distance of training frames to test "
        "frames; no system can be expected to be below it."
        + (f" Network, videos x frames of either set, size: {', '.join(distances)}." if distances else ""),
        "Category is not in the paper. It compares the class that a model infers from the motion of test sequences "
        "with the action. No class has a name, so classes are matched to actions one to one on the training sequences.",
        f"Of the {len(checked)} printed inception scores {int(checked.holds.sum())} agree with the printed entropies "
        "within rounding. The paper's judge is a 3D network with an accuracy of 95.11 % and an IS of 5.20 on its test "
        "videos; ours is the judge that HALO describes. The paper's text calls this table 'table 2', and gives both 8 "
        "and 10 frames as the length of its videos.",
    ]
