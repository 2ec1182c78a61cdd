"""HALO, supplementary table 1: other dynamics in place of the Hamiltonian, with and without action labels.

Parts (a) and (b) are the halves of table 2 (tabulation/swap_table.py). Beyond the paper, for every model: what each
code holds that belongs to the other, what the motion conserves, and how well it predicts.
"""

import pandas as pd

from latentmotion.config.catalogue import REAL, dataset_name
from latentmotion.reporting.display_names import CHANCE, printed_row
from latentmotion.reporting.tabulation.aggregate import Cells, long_form, measured, published_on
from latentmotion.reporting.tabulation.pivot import Columns, block, non_empty
from latentmotion.reporting.tabulation.published import audit, printed
from latentmotion.reporting.tabulation.swap_table import (
    HALVES,
    beside_published,
    chance,
    left_half,
    right_halves,
    wanted,
)
from latentmotion.reporting.titles import Titles

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
        ours = measured(found, [*wanted(real), *(key for key in MOTION if key[0] != "copy")], PROTOCOLS)
        return beside_published(ours, numbers, published_on(dataset, found, settings))

    def others(real: dict, here: list[dict]) -> dict[str, Cells]:
        return {CHANCE: chance(real) | _most_frequent(here)}

    return long_form(records, settings, [REAL, *settings["models"]], cells, others)


def _most_frequent(records: list[dict]) -> Cells:
    """The accuracy of a probe that always names the most frequent class; it is the same for all models."""
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
    """The blocks of (a), of (b) and of leakage for each data set, and of the motion."""
    blocks = {"(a) Motion or content from the prior": left_half(long)}
    blocks |= {f"(b) {title}": found for title, found in right_halves(long).items()}
    for dataset in dict.fromkeys(long.dataset):
        here = long[(long.dataset == dataset) & (long.protocol == LEAKAGE)]
        metrics = dict.fromkeys(metric for metric in here.metric if "_from_" in metric)
        crossed = [metric for metric in metrics if metric.startswith("action") == metric.endswith("content")]
        for title, columns in (
            ("Leakage, values near chance are good", crossed),
            (
                "What each code should hold, values near 1 are good",
                [metric for metric in metrics if metric not in crossed],
            ),
        ):
            blocks[f"{title}: {dataset}"] = block(
                here, {(LEAKAGE, metric): (metric.replace("_", " "), ".3f") for metric in columns}
            )
    return non_empty(blocks | {"Motion": block(long, MOTION)})


def notes(records: list[dict], published: pd.DataFrame, settings: dict) -> list[str]:
    """The footnotes that this table has beyond those of every table."""
    titles = Titles.of(settings)
    checked = audit(published[(published.paper == PAPER) & (published.table == "S1a")])
    broken = ", ".join(
        f"{line.row} on {titles.published(line.dataset)}" for line in checked[~checked.holds].itertuples()
    )
    lengths = next((record["settings"] for record in records if "rollout_length" in record.get("settings", {})), {})
    steps = "{rollout_length} frames (energy drift, growth) or {predict_length} frames (all others)".format(
        **({"rollout_length": "rollout_length", "predict_length": "predict_length"} | lengths)
    )
    return [
        "(a) and (b) are made like table 2; the protocol stands beside each number. A model that takes the action "
        "label generates a motion for the action of another test sequence (motion-prior). A model that does not keeps "
        "the motion of the test sequence, and its content is sampled (content-prior). In (b) the identity and the "
        "attributes should be those of the sequence that lends its content (motion-swap).",
        f"The paper prints {len(checked)} inception scores. "
        + (
            f"They agree with the entropies printed beside them within rounding, except for: {broken}."
            if broken
            else "All of them agree with the entropies printed beside them within rounding."
        ),
        "The paper does not state whether its positional encoding takes the action label; its row stands beside our "
        "model that does. Linear adds the terms of equation 12, and RNN is the same with a tanh. Training needs the "
        "motion backward in time, and for this both have separate parameters.",
        "Leakage is the accuracy on test sequences of a support vector machine (Gaussian kernel, C = 10) that is "
        "fitted to the codes of up to 2,000 training sequences. Chance is always naming the most frequent class. A "
        "model that takes the action label holds it in its motion code by construction.",
        f"Motion: the states of first frames are advanced over {steps}. The reversibility error is |s' - s| / |s| "
        "after as many frames backward as forward; the energy drift is the largest |E_t - E_0| / |E_0|; growth is the "
        "geometric mean of |s_n| / |s_0|. The horizon is the number of predicted frames before the squared error first "
        "exceeds the error that copying the first frame has on average over that sequence. Only Hamiltonian dynamics "
        "have an energy.",
    ]
