"""R-WAE, table 4: a discriminator (GAN) or a kernel (MMD) as the penalty on the content code, on Sprites.

The table is made like R-WAE's table 2, from the same protocols (tabulation/error_table.py).
"""

import pandas as pd

from latentmotion.reporting.tabulation import error_table

PAPER = "R-WAE"
NUMBER = "table 4"
CAPTION = "R-WAE(GAN) against R-WAE(MMD): classification errors in per cent"

view = error_table.error_view


def rows(records: list[dict], published: pd.DataFrame, settings: dict) -> pd.DataFrame:
    """The long form: the error of every label, and of the attributes together."""
    return error_table.errors(records, published, settings, "4")


def notes(records: list[dict], published: pd.DataFrame, settings: dict) -> list[str]:
    """The footnotes that this table has beyond those of every table."""
    return [
        *error_table.note_on_protocols(records, settings),
        error_table.note_on_attributes(records),
        "For complex networks the paper prints the same content error, 3.31 %, for GAN and for MMD. Our rows of "
        "R-WAE(MMD) are those of R-WAE's table 2.",
    ]
