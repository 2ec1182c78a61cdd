"""HALO, supplementary table 1: other dynamics in place of the Hamiltonian, with and without action labels.

As table 2 is made: (a) accuracy, entropies and inception score of motions from the prior, (b) identity under swaps.
Beyond the paper, for every model: what leaks between the codes, and what its motion conserves and predicts.
"""

import pandas as pd

from latentmotion.config.catalogue import REAL, dataset_name
from latentmotion.reporting.display_names import CHANCE, printed_row, published_label
from latentmotion.reporting.tables.table2 import HALVES, chance, halves, left_half, right_halves, wanted
from latentmotion.reporting.tabulation.aggregate import Cells, long_form, other_data, shown
from latentmotion.reporting.tabulation.pivot import Columns, block, filled
from latentmotion.reporting.tabulation.published import audit, printed

PAPER = "HALO"
NUMBER = "supplementary table 1"
CAPTION = "Dynamics in place of the Hamiltonian: disentanglement, leakage, and what the motion conserves"

LEAKAGE = "leakage"
MOTION: Columns = {
    ("predict", "ssim"): ("SSIM ↑", ".3f"),
    ("copy", "ssim"): ("SSIM ↑", ".3f"),
    ("predict", "horizon"): ("horizon ↑", ".2f"),
    ("copy", "horizon"): ("horizon ↑", ".2f"),
    ("dynamics", "reversibility_error"): ("reversibility error ↓", ".1e"),
    ("energy", "energy_drift"): ("energy drift ↓", ".1e"),
    ("dynamics", "growth"): ("growth", ".3g"),
}
PROTOCOLS = (*HALVES, LEAKAGE, *dict.fromkeys(protocol for protocol, _ in MOTION))


def rows(records: list[dict], published: pd.DataFrame, settings: dict) -> pd.DataFrame:
    """The long form: every protocol and metric of every model, with the printed number where there is one."""

    def cells(model: str, dataset: str, found: list[dict], real: dict) -> Cells:
        numbers: dict[str, str] = {}
        for part in ("S1a", "S1b"):
            numbers |= printed(published, PAPER, part, printed_row(model, PAPER, part), dataset_name(dataset))
        ours = shown(found, [*wanted(real), *(key for key in MOTION if key[0] != "copy")], PROTOCOLS)
        return halves(ours, numbers, other_data(dataset, found))

    def others(real: dict, here: list[dict]) -> dict[str, Cells]:
        return {CHANCE: chance(real) | _guess(here)}

    return long_form(records, settings, [REAL, *settings["models"]], cells, others)


def _guess(records: list[dict]) -> Cells:
    """What a probe scores that always names the most frequent class; the same for every model of a dataset."""
    values = {
        cell["metric"].removesuffix("_chance"): cell["value"]
        for record in records
        for cell in record["metrics"]
        if cell["protocol"] == LEAKAGE and cell["metric"].endswith("_chance")
    }
    return {
        (LEAKAGE, f"{label}_from_{code}"): {"mean": value, "status": "computed", "note": "most frequent class"}
        for label, value in values.items()
        for code in ("content", "motion")
    }


def view(long: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """(a), (b) a dataset, then leakage a dataset, then the motion."""
    blocks = {"(a) Motion or content from the prior": left_half(long)}
    blocks |= {f"(b) {title}": found for title, found in right_halves(long).items()}
    for dataset in dict.fromkeys(long.dataset):
        here = long[(long.dataset == dataset) & (long.protocol == LEAKAGE)]
        metrics = dict.fromkeys(metric for metric in here.metric if "_from_" in metric)
        crossed = [metric for metric in metrics if metric.startswith("action") == metric.endswith("content")]
        for title, columns in (
            ("Leakage, near chance is good", crossed),
            ("What the codes are for, near 1 is good", [metric for metric in metrics if metric not in crossed]),
        ):
            blocks[f"{title}: {dataset}"] = block(
                here, {(LEAKAGE, metric): (metric.replace("_", " "), ".3f") for metric in columns}
            )
    return filled(blocks | {"Motion": block(long, MOTION)})


def notes(records: list[dict], published: pd.DataFrame) -> list[str]:
    """What a reader must know of this table beyond what all tables say."""
    checked = audit(published[(published.paper == PAPER) & (published.table == "S1a")])
    broken = ", ".join(
        f"{line.row} on {published_label(line.dataset)}" for line in checked[~checked.holds].itertuples()
    )
    settings = next((record["settings"] for record in records if "rollout_length" in record.get("settings", {})), {})
    steps = "{rollout_length} frames (energy drift, growth) and {predict_length} (all else)".format(
        **({"rollout_length": "rollout_length", "predict_length": "predict_length"} | settings)
    )
    return [
        "(a) and (b) are made as table 2 is, the protocol beside each number: models that are given the action are "
        "asked for that of another test sequence (motion-prior), others keep the motion of the test sequence "
        "(content-prior); identity and attributes are those of the sequence that lends its content (motion-swap).",
        f"The {len(checked)} printed inception scores agree with the printed entropies within rounding"
        + (f", but for: {broken}." if broken else ", every one."),
        "The paper does not say whether its positional encoding is given the action; the printed row stands beside the "
        "one that is. Linear adds the terms of equation 12; RNN is the same with a tanh; the way back in time, which "
        "training needs, has parameters of its own in both.",
        "Leakage: accuracy on test sequences of a support vector machine (Gaussian kernel, C = 10) fitted to the codes "
        "of up to 2,000 training sequences; chance is always naming the most frequent class. A model that is given the "
        "action has it in its motion code by construction.",
        f"Motion, from the states of first frames, over {steps}: reversibility error, |s' - s| / |s| after as many "
        "frames back as forth; energy drift, the largest |E_t - E_0| / |E_0|; growth, |s_n| / |s_0|, geometric mean; "
        "horizon, predicted frames before the squared error first exceeds what copying the first frame costs that "
        "sequence on average. Only Hamiltonian dynamics have an energy.",
    ]
