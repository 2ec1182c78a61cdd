"""Reads the published numbers, data/published.csv, as they are printed. They stand beside ours and enter no mean."""

import math
from pathlib import Path

import pandas as pd

from latentmotion.core.errors import UserError
from latentmotion.core.files import check_sum
from latentmotion.reporting.display_names import PRINTED_ROWS

COLUMNS = ["paper", "table", "row", "dataset", "metric", "value", "note"]
KEY = COLUMNS[:5]


def read_published(path: Path) -> pd.DataFrame:
    """All printed numbers as strings, so that 1.000 stays 1.000.

    Raises UserError for a file that is missing, cut off or not the one whose sha256 lies beside it, has other columns,
    repeats a line, or has a value that is not a number.
    """
    path = Path(path)
    if not path.is_file():
        raise UserError(f"{path}: no published numbers there; restore it with 'git checkout {path}'")
    if path.with_name(f"{path.name}.sha256").is_file():
        check_sum(path)
    try:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise UserError(f"{path}: cannot be read ({reason}); restore it with 'git checkout {path}'") from None
    if list(frame.columns) != COLUMNS:
        raise UserError(f"{path}: its columns must be {','.join(COLUMNS)}; correct the first line")
    twice = frame[frame.duplicated(KEY)]
    if len(twice):
        raise UserError(f"{path}: line {twice.index[0] + 2} repeats {', '.join(twice.iloc[0][KEY])}; remove one")
    wrong = frame[pd.to_numeric(frame.value, errors="coerce").isna()]
    if len(wrong):
        raise UserError(f"{path}: line {wrong.index[0] + 2}: '{wrong.value.iloc[0]}' is not a number; correct it")
    there = set(zip(frame.paper, frame.table, frame.row, strict=True))
    for (paper, table), models in PRINTED_ROWS.items():
        for row in models.values():
            if (paper, table, row) not in there:
                raise UserError(
                    f"{path}: {paper}, table {table} lacks row '{row}'; restore it with 'git checkout {path}'"
                )
    return frame


def printed(published: pd.DataFrame, paper: str, table: str, row: str, dataset: str) -> dict[str, str]:
    """The printed values of one row of one table on one data set by metric; empty where nothing is printed."""
    of = published[
        (published.paper == paper)
        & (published.table == table)
        & (published.row == row)
        & (published.dataset == dataset)
    ]
    return dict(zip(of.metric, of.value, strict=True))


def audit(published: pd.DataFrame) -> pd.DataFrame:
    """Compares each printed inception score with exp(H(y) - H(y|x)) of the entropies that are printed beside it.

    The result has the columns paper, table, row, dataset, printed, implied and holds. `holds` allows for rounding to
    the printed digits: each entropy may be off by half of its last digit, which changes the implied score by that share
    of itself, and the printed score may be off by half of its own last digit.
    """
    lines = []
    for key, group in published.groupby(KEY[:4], sort=False):
        cells = dict(zip(group.metric, group.value, strict=True))
        if "action_is" not in cells:
            continue
        score, marginal, conditional = (cells[m] for m in ("action_is", "action_h_y", "action_h_y_given_x"))
        implied = math.exp(float(marginal) - float(conditional))
        allowed = implied * math.expm1(_half_digit(marginal) + _half_digit(conditional)) + _half_digit(score)
        lines.append((*key, score, implied, abs(float(score) - implied) <= allowed))
    return pd.DataFrame(lines, columns=[*KEY[:4], "printed", "implied", "holds"])


def _half_digit(number: str) -> float:
    return 0.5 * 10.0 ** -len(number.partition(".")[2])
