"""R-WAE, table 9 (appendix I): what is recognised of moving shapes when the other code is sampled from its prior.

Static: the content of test sequences with a motion from the learnt prior (motion-prior), mean accuracy of the judges
of the content labels. Dynamic: the motion of test sequences with a content from N(0, I) (content-prior), accuracy of
the judge of the action.
"""

import pandas as pd

from latentmotion.config.catalogue import REAL, dataset_name
from latentmotion.reporting.display_names import CHANCE, printed_row
from latentmotion.reporting.tabulation.aggregate import Cells, long_form, with_published
from latentmotion.reporting.tabulation.error_table import (
    Parts,
    by_protocol,
    chance,
    columns,
    each,
    headed,
    in_per_cent,
    note_on_protocols,
)
from latentmotion.reporting.tabulation.pivot import block
from latentmotion.reporting.tabulation.published import printed

PAPER = "R-WAE"
NUMBER = "table 9"
CAPTION = "Accuracy in per cent of static and dynamic factors, each held while the other is sampled from its prior"

OTHER = "published numbers on the paper's own set"  # its generator is not public


def rows(records: list[dict], published: pd.DataFrame, settings: dict) -> pd.DataFrame:
    """The long form: the accuracy of every label, of the static ones together, and of the dynamic one."""

    def cells(model: str, dataset: str, found: list[dict], real: dict) -> Cells:
        numbers = printed(published, PAPER, "9", printed_row(model, PAPER, "9"), dataset_name(dataset))
        return with_published(in_per_cent(found, _parts(real), "accuracy"), by_protocol(numbers), OTHER)

    def others(real: dict, _) -> dict[str, Cells]:
        return {CHANCE: chance(real, _parts(real), "accuracy")}

    return long_form(records, settings, [REAL, *settings["models"]], cells, others)


def _parts(real: dict) -> Parts:
    static = [label for label in real["classes"] if label != "action"]
    dynamic = [label for label in real["classes"] if label == "action"]
    return {name: labels for name, labels in (each(real) | {"static": static, "dynamic": dynamic}).items() if labels}


def view(long: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The paper's table as one block."""
    titles = {"static_accuracy": "static ↑", "dynamic_accuracy": "dynamic ↑"}
    return headed("Accuracy in per cent", [block(long, columns(titles))])


def notes(records: list[dict], published: pd.DataFrame, settings: dict) -> list[str]:
    """The footnotes that this table has beyond those of every table."""
    static = [label for r in records if r["model"] == REAL for label in _parts(r).get("static", [])]
    classes = next(r["classes"]["action"] for r in records if r["model"] == REAL)
    return [
        *note_on_protocols(records, settings),
        f"Static is the mean accuracy of {', '.join(dict.fromkeys(static))}. Dynamic is the accuracy of the type and "
        f"the direction of the motion together, which make {classes} classes. The paper states neither what it "
        "averages nor the number of classes, and its generator is not public, so that its data set is not the same as "
        "ours.",
        "The 'TFGAN' networks are a reconstruction: the paper names them but gives no sizes.",
    ]
