"""HALO, table 3: which abilities each dynamics has. The paper claims its ticks; ours are decided by measurements.

A tick requires that every training seed passes every bar:

    Image-To-Seq.   the frames predicted from a first frame have a smaller error than copies of it; and a sequence that
                    is generated from a first frame for the action of another sequence shows this action
    Motion Swap     the action and every content label are recognised after a swap
    Structure       one step of the dynamics is symplectic: |F^T J F - J| is below 1e-4

An accuracy passes its bar where it is at least halfway from chance to the judge's accuracy on real sequences.
"""

import pandas as pd

from latentmotion.config.catalogue import REAL
from latentmotion.reporting.display_names import BAR, printed_row
from latentmotion.reporting.tabulation.aggregate import (
    FAILED,
    PUBLISHED_ONLY,
    Cells,
    long_form,
    marks,
    measured,
    with_published,
)
from latentmotion.reporting.tabulation.pivot import Columns, as_block, block, non_empty
from latentmotion.reporting.tabulation.published import printed
from latentmotion.reporting.tabulation.swap_table import SWAP, content_metrics

PAPER = "HALO"
NUMBER = "table 3"
CAPTION = "Abilities of each dynamics: the ticks of the paper, and ours as measured"

TICK = "tick"
TICKS = {"image_to_sequence": "Image-To-Seq.", "motion_swap": "Motion Swap", "structure": "Structure"}
ERROR = ("predict", "mse_over_copy")
REQUESTED = ("image-to-sequence", "action_accuracy")
FORM = ("dynamics", "symplectic_error")
SYMPLECTIC = 1e-4  # rounding in float32 stays below 1e-5; maps that are not symplectic have errors from about 0.1
BEHIND: Columns = {
    ERROR: ("MSE relative to copying ↓", ".3f"),
    REQUESTED: ("requested action ↑", ".3f"),
    FORM: ("symplectic error ↓", ".1e"),
}
LOW = {ERROR, FORM}  # these must stay below their bars; all others must reach them
ABSENT = {REQUESTED: "the model takes no action labels", FORM: "a state of odd length has no symplectic form"}
ANY = "any"  # the data set of the printed ticks in data/published.csv, because the paper names none


def rows(records: list[dict], published: pd.DataFrame, settings: dict) -> pd.DataFrame:
    """The long form: our ticks and the printed ones (1 or 0), the measured values behind ours, and their bars."""

    def cells(model: str, dataset: str, found: list[dict], real: dict) -> Cells:
        if not found:
            return {}
        verdicts = [(TICK, name) for name in TICKS]
        behind = [key for needs in _needs(real).values() for key in needs]
        values = measured(found, verdicts, {protocol for protocol, _ in behind})
        ours = _ticks(found, real, values)
        ours |= {key: cell for key, cell in values.items() if key in (*verdicts, *behind)}
        numbers = printed(published, PAPER, "3", printed_row(model, PAPER, "3"), ANY)
        return with_published(ours, {(TICK, name): value for name, value in numbers.items()})

    return long_form(records, settings, settings["models"], cells, lambda real, _: {BAR: _bar_row(real)})


def _needs(real: dict) -> dict[str, list[tuple[str, str]]]:
    """The (protocol, metric) of all that must pass a bar, by tick."""
    swapped = [(SWAP, metric) for metric in ("action_accuracy", *content_metrics(real))]
    return {"image_to_sequence": [ERROR, REQUESTED], "motion_swap": swapped, "structure": [FORM]}


def _bars(real: dict) -> dict[tuple[str, str], float]:
    """The bars on one data set.

    Those of accuracies are halfway from a uniform guess to the judge's on real sequences.
    """
    sure = {cell["metric"]: cell["value"] for cell in real["metrics"] if cell["protocol"] == REAL}
    bars = {ERROR: 1.0, FORM: SYMPLECTIC}
    for label, classes in real["classes"].items():
        metric = f"{label}_accuracy"
        bars[SWAP, metric] = (1 / classes + sure[metric]) / 2
    return bars | {REQUESTED: bars[SWAP, "action_accuracy"]}


def _bar_row(real: dict) -> Cells:
    return {
        key: {"mean": bar, "status": "computed", "note": "to stay below" if key in LOW else "to reach"}
        for key, bar in _bars(real).items()
    }


def _ticks(records: list[dict], real: dict, values: Cells) -> Cells:
    """1 or 0 for each tick that was measured.

    Its note states the worst seed and the bar of each value that decides it.
    """
    bars, ticks = _bars(real), {}
    for name, needs in _needs(real).items():
        if not {protocol for protocol, _ in needs} & {protocol for protocol, _ in values}:
            continue
        verdicts, remarks = [], []
        for key in needs:
            seeds = [
                cell["value"]
                for record in records
                for cell in record["metrics"]
                if (cell["protocol"], cell["metric"]) == key
            ]
            if not seeds:
                verdicts.append(False)
                remarks.append(ABSENT.get(key, f"{' '.join(key)}: not measured"))
                continue
            worst = max(seeds) if key in LOW else min(seeds)
            verdicts.append(worst < bars[key] if key in LOW else worst >= bars[key])
            remarks.append(f"{' '.join(key)}: worst seed {worst:.3g}, bar {bars[key]:.3g}")
            remarks += [values[key]["note"]] if values[key]["note"] else []
        scored = [record for record in records if record["status"] == "ok"]
        ticks[TICK, name] = {
            "mean": float(all(verdicts)),
            "seeds": len(scored),
            "status": "ok" if len(scored) == len(records) else f"{len(scored)} of {len(records)}",
            "note": "; ".join(dict.fromkeys(remarks)),
        }
    return ticks


def view(long: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """A block of the ticks, then blocks of the values that decide them."""
    lines: dict[tuple[str, str], dict] = {}
    for line in long[long.protocol == TICK].itertuples():
        row = lines.setdefault((line.dataset, line.row), {})
        row[TICKS[line.metric], "ours"] = _mark(line)
        row[TICKS[line.metric], "published"] = "" if pd.isna(line.published) else _symbol(float(line.published))
    blocks = {
        "Ticks": as_block(lines, TICKS.values()),
        "Measured behind Image-To-Seq. and Structure": block(long, BEHIND),
    }
    for dataset in dict.fromkeys(long.dataset):
        here = long[(long.dataset == dataset) & (long.protocol == SWAP)]
        labels = {metric: metric.removesuffix("_accuracy") for metric in here.metric}
        columns = {(SWAP, metric): (f"{label} ↑", ".3f") for metric, label in labels.items()}
        blocks[f"Measured behind Motion Swap: {dataset}"] = block(here, columns)
    return non_empty(blocks)


def _symbol(value: float) -> str:
    return "✓" if value else "×"


def _mark(line) -> str:
    """A tick as text, such as ✓ (3) over three training seeds; the marks are those of all tables."""
    if line.status in (PUBLISHED_ONLY, FAILED):
        return "" if line.status == PUBLISHED_ONLY else FAILED
    seeds = f"({line.seeds if line.status == 'ok' else line.status})"
    return " ".join([_symbol(line.mean), seeds, *marks(line)])


def notes(records: list[dict], published: pd.DataFrame, settings: dict) -> list[str]:
    """The footnotes that this table has beyond those of every table."""
    return [
        "The paper decides its ticks by eye and names no data set. We give a tick only where every training seed "
        "passes every bar. The measured values are means over seeds; the csv file gives the worst seed beside every "
        "tick.",
        "Image-To-Seq. has two bars. The squared error of the predicted frames must be below that of copying the first "
        "frame (protocol predict). And a sequence that is generated from a first frame for the action of another "
        "sequence must show this action (image-to-sequence): the judge's accuracy must be at least halfway from chance "
        "to its accuracy on real sequences.",
        "Motion Swap: the accuracies of the action and of every content label after a swap (motion-swap) must each be "
        "at least halfway from chance to the accuracy on real sequences.",
        f"Structure: the largest element of F^T J F - J must be below {SYMPLECTIC:.0e}, where F is the Jacobian of one "
        "step in the subspaces that move and J the symplectic matrix. A state of odd length, such as the phase of the "
        "positional encoding, has no J.",
        "All models of this table take the action label. Linear, RNN and Positional Encoding are HALO with other "
        "dynamics.",
    ]
