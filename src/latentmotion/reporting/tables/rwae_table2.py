"""R-WAE, table 2: how often judges miss what one code holds while the other code is sampled from its prior.

tabulation/error_table.py describes the protocols, which R-WAE's tables 4 and 9 share.
"""

import pandas as pd

from latentmotion.reporting.tabulation import error_table

PAPER = "R-WAE"
NUMBER = "table 2"
CAPTION = "Classification errors in per cent where one code is held and the other is sampled from its prior"

view = error_table.error_view


def rows(records: list[dict], published: pd.DataFrame, settings: dict) -> pd.DataFrame:
    """The long form: the error of every label, and of the attributes together."""
    return error_table.errors(records, published, settings, "2")


def notes(records: list[dict], published: pd.DataFrame, settings: dict) -> list[str]:
    """The footnotes that this table has beyond those of every table."""
    return [
        *error_table.note_on_protocols(records, settings),
        error_table.note_on_attributes(records),
        "Digits: the paper encodes and judges 10 frames of each of 10,000 videos. Here the number of frames is that "
        "which the models and the judge are trained on. How digits move has no classes and is not judged.",
    ]
