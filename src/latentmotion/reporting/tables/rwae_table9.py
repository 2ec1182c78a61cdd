"""R-WAE, table 9 (appendix I): moving shapes, what keeps of a sequence when the other code is drawn from its prior.

Static: the content of test sequences with motion from the learnt prior (motion-prior), mean over the judges of what is
shown. Dynamic: their motion with content from N(0, I) (content-prior), by the judge of the action.
"""

import pandas as pd

from latentmotion.config.catalogue import REAL, dataset_name
from latentmotion.reporting.display_names import CHANCE, printed_row
from latentmotion.reporting.tables.rwae_table2 import (
    Parts,
    by_protocol,
    chance,
    columns,
    each,
    headed,
    in_per_cent,
    of_protocols,
)
from latentmotion.reporting.tabulation.aggregate import Cells, long_form, with_published
from latentmotion.reporting.tabulation.pivot import block
from latentmotion.reporting.tabulation.published import printed

PAPER = "R-WAE"
NUMBER = "table 9"
CAPTION = "Accuracy in per cent of static and dynamic factors, each held while the other is drawn from its prior"

OTHER = "published numbers on the paper's own set"  # its generator is not public; ours is data/moving_shapes.py


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
    """The paper's table."""
    titles = {"static_accuracy": "static ↑", "dynamic_accuracy": "dynamic ↑"}
    return headed("Accuracy in per cent", [block(long, columns(titles))])


def notes(records: list[dict], published: pd.DataFrame) -> list[str]:
    """What a reader must know of this table beyond what all tables say."""
    static = [label for r in records if r["model"] == REAL for label in _parts(r).get("static", [])]
    classes = next(r["classes"]["action"] for r in records if r["model"] == REAL)
    return [
        *of_protocols(records),
        f"Static: mean accuracy of {', '.join(dict.fromkeys(static))}. Dynamic: type and direction of the motion "
        f"together, {classes} classes. The paper says neither what it averages nor of how many classes; its generator "
        "is not public, so the sets are not the same.",
        "'TFGAN' networks are a reconstruction: the paper names them and gives no sizes.",
    ]
