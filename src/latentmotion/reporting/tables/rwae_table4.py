"""R-WAE, table 4: the discriminator (GAN) or the kernel (MMD) as the penalty of the content, on Sprites.

Made as table 8 (their table 2) is, from the same protocols; the rows of MMD are those of that table.
"""

import pandas as pd

from latentmotion.reporting.tables import rwae_table2 as rwae_table2

PAPER = "R-WAE"
NUMBER = "table 4"
CAPTION = "R-WAE(GAN) against R-WAE(MMD): classification errors in per cent"

view = rwae_table2.view


def rows(records: list[dict], published: pd.DataFrame, settings: dict) -> pd.DataFrame:
    """The long form: the error of every label, and of the attributes together."""
    return rwae_table2.errors(records, published, settings, "4")


def notes(records: list[dict], published: pd.DataFrame) -> list[str]:
    """What a reader must know of this table beyond what all tables say."""
    return [
        *rwae_table2.of_protocols(records),
        rwae_table2.of_attributes(records),
        "With complex networks the paper prints the same content error, 3.31 %, for GAN and MMD.",
    ]
