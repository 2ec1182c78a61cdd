"""HALO, table 2: do generated motions show the requested action and vary, and is the content kept under swaps?

tabulation/swap_table.py describes the two halves of the table and the protocols behind them.
"""

import math

import pandas as pd

from latentmotion.config.catalogue import REAL, dataset_name
from latentmotion.reporting.display_names import CHANCE, printed_row
from latentmotion.reporting.tabulation.aggregate import Cells, long_form, measured, published_on
from latentmotion.reporting.tabulation.pivot import non_empty
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
NUMBER = "table 2"
CAPTION = (
    "Disentanglement of content and motion: action accuracy, entropies and inception score; content kept under swaps"
)


def rows(records: list[dict], published: pd.DataFrame, settings: dict) -> pd.DataFrame:
    """The long form: every protocol and metric of every system, with the printed number where there is one.

    Systems of the paper that are not among the models have rows of printed numbers alone, under their printed names.
    """
    printed_rows = published[(published.paper == PAPER) & (published.table == "2")].row
    ours = {printed_row(model, PAPER, "2") for model in settings["models"]}
    alone = [row for row in dict.fromkeys(printed_rows) if row not in ours]

    def cells(model: str, dataset: str, found: list[dict], real: dict) -> Cells:
        row = model if model in alone else printed_row(model, PAPER, "2")
        numbers = printed(published, PAPER, "2", row, dataset_name(dataset))
        remark = published_on(dataset, found, settings)
        return beside_published(measured(found, wanted(real), HALVES), numbers, remark)

    models = [REAL, *settings["models"], *alone]
    return long_form(records, settings, models, cells, lambda real, _: {CHANCE: chance(real)})


def view(long: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The paper's halves as blocks by title; each data set has a right half of its own."""
    return non_empty({"Motion or content from the prior": left_half(long)} | right_halves(long))


def notes(records: list[dict], published: pd.DataFrame, settings: dict) -> list[str]:
    """The footnotes that this table has beyond those of every table."""
    titles = Titles.of(settings)
    checked = audit(published[(published.paper == PAPER) & (published.table == "2")])
    broken = ", ".join(
        f"{line.row} on {titles.published(line.dataset)}" for line in checked[~checked.holds].itertuples()
    )
    ceilings = {titles.dataset(r["dataset"]): r["classes"]["action"] for r in records if r["model"] == REAL}
    return [
        "Motion or content from the prior (left half of the paper's table): the content of every test sequence is "
        "combined with a motion that is sampled from the prior, conditioned on an action (protocol motion-prior). The "
        "action is that of another test sequence, so that a content code which holds the action does not help. A model "
        "that takes no action labels cannot generate a requested action: it keeps the motion of the test sequence, and "
        "its content is sampled (content-prior). MoCoGAN has no encoder, so that both are sampled for a given action "
        "(generate), and the right half has no row for it.",
        "Accuracy under motion swaps (right half): the motion of one test sequence is combined with the content of "
        "another (motion-swap). The action should be that of the sequence which lends its motion, and all other labels "
        "those of the sequence which lends its content.",
        "H(y|x) is the mean entropy of the judge's class probabilities for one sequence, H(y) that of their mean over "
        "all sequences. The largest possible H(y) and inception score (IS) are "
        + "; ".join(f"{math.log(k):.3f} (ln {k}) and {k} on {name}" for name, k in ceilings.items())
        + ". IS = exp(H(y) - H(y|x)) adds nothing to the entropies, and it does not notice a generator that repeats "
        "itself.",
        f"The paper prints {len(checked)} inception scores. "
        + (
            f"They agree with the entropies printed beside them within rounding, except for: {broken}."
            if broken
            else "All of them agree with the entropies printed beside them within rounding."
        ),
        "Our copy of the paper has lost the row labels of the right half. The value 0.998 is the identity on MUG, as "
        "supplementary table 1b shows. The other four values are the attributes of Sprites in an unknown order, so "
        "that they are not set beside our columns.",
    ]
