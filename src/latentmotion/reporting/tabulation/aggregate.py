"""Aggregates the records of single seeds to the long form of a table.

The long form has one line for each row of the table, data set, protocol and metric, failures included. A cell holds
those columns of a line that the records of a system decide (mean, std, seeds, learnt, status and note) and the printed
number beside them. Cells are kept by (protocol, metric).
"""

import statistics
from collections.abc import Callable, Iterable

import pandas as pd

from latentmotion.config.catalogue import REAL, dataset_name
from latentmotion.reporting.display_names import COPY
from latentmotion.reporting.tabulation.learnt import is_marked, learnt_text, seen_text
from latentmotion.reporting.titles import MARK, Titles

LONG = [
    *("row", "dataset", "source", "protocol", "metric", "published"),
    *("mean", "std", "seeds", "learnt", "seen", "scale", "status", "note"),
]
WEAK = "weak judge"
PUBLISHED_ONLY = "published only"  # the status of a cell that only the paper has
FAILED, OTHER_JUDGE = "failed", "other judge"  # those of cells that show why they have no number
JUDGED = ("accuracy", "h_y_given_x", "h_y", "is")  # the metrics of a label that its judge decides

Cells = dict[tuple[str, str], dict]


def failure(record: dict) -> str:
    """The reason why a run has no numbers, as "seed 1: failed (...)"; empty for a run that has numbers."""
    return "" if record["status"] == "ok" else f"seed {record['seed']}: {record['status']}"


def long_form(
    records: list[dict],
    settings: dict,
    models: Iterable[str],
    cells: Callable[[str, str, list[dict], dict], Cells],
    others: Callable[[dict, list[dict]], dict[str, Cells]] | None = None,
) -> pd.DataFrame:
    """The long form of a table, data set by data set.

    Arguments:
        models: the models in the order of their rows; REAL is one of them where the table shows the real data.
        cells: (model, dataset id, records of the model, record of the real data) -> the cells of the model's row. The
            records are empty for a model that was not trained on the data set.
        others: (record of the real data, all records of the data set) -> further rows, which belong to no model.
    """
    lines, titles = [], Titles.of(settings)
    for dataset in dict.fromkeys(record["dataset"] for record in records):
        here = [record for record in records if record["dataset"] == dataset]
        real = next(record for record in here if record["model"] == REAL)
        common = {"dataset": titles.dataset(dataset), "source": real["source"], "scale": settings["scale"]}
        absent = {"dataset": titles.dataset(dataset_name(dataset)), "source": "published"}
        for model in models:
            found = [record for record in here if record["model"] == model]
            training = {"learnt": learnt_text(found), "seen": seen_text(found)}
            for (protocol, metric), cell in cells(model, dataset, found, real).items():
                row = COPY if protocol == "copy" else titles.model(model)
                of_runs = training if cell.get("mean") is not None else {}
                lines.append(
                    {"row": row, "protocol": protocol, "metric": metric}
                    | (common if found else absent)
                    | of_runs
                    | cell
                )
        for row, of_row in (others(real, here) if others else {}).items():
            lines += [{"row": row, "protocol": p, "metric": m, **common, **cell} for (p, m), cell in of_row.items()]
    return pd.DataFrame(lines, columns=LONG).astype({"seeds": "Int64"})


def measured(records: list[dict], wanted: Iterable[tuple[str, str]], protocols: Iterable[str]) -> Cells:
    """The cells of a model's records under some protocols; where every seed failed, the wanted cells state that."""
    protocols = set(protocols)
    found = summarise(records)
    if records and not found:
        return {key: failed_cell(records) for key in wanted}
    return {key: cell for key, cell in found.items() if key[0] in protocols}


def with_published(cells: Cells, numbers: dict[tuple[str, str], str], remark: str = "") -> Cells:
    """The cells with printed numbers beside ours; the remark is noted at each printed number.

    A number that only the paper has gets a cell with the status PUBLISHED_ONLY.
    """
    for key, value in numbers.items():
        cell = cells.setdefault(key, {"status": PUBLISHED_ONLY, "note": ""})
        cell["published"] = value
        cell["note"] = "; ".join(filter(None, [cell["note"], remark]))
    return cells


def published_on(dataset: str, records: list[dict], settings: dict) -> str:
    """The remark on printed numbers beside ours of a stand-in: which data they are of. Empty for the real data."""
    stand_in = dataset != dataset_name(dataset)
    return f"published numbers on {Titles.of(settings).published(dataset)}" if records and stand_in else ""


def summarise(records: Iterable[dict]) -> Cells:
    """The cells of one model on one data set over its training seeds: mean, std, seeds, status and note.

    The standard deviation has n - 1 in its denominator and is empty for a single seed. The status is `ok`, or `2 of 3`
    where a seed failed; the note then states which seed failed and why. A model of which every seed failed has no
    cells: see `failed_cell`.
    """
    records = list(records)
    failures = [failure(record) for record in records if failure(record)]
    values: dict[tuple[str, str], list[float]] = {}
    for record in records:
        for cell in record.get("metrics", ()):
            values.setdefault((cell["protocol"], cell["metric"]), []).append(cell["value"])
    return {
        key: {
            "mean": statistics.fmean(found),
            "std": statistics.stdev(found) if len(found) > 1 else None,
            "seeds": len(found) if records[0]["model"] != REAL else None,
            "status": "ok" if len(found) == len(records) else f"{len(found)} of {len(records)}",
            "note": "; ".join([*failures, *weak_judges(records, key[1])]),
        }
        for key, found in values.items()
    }


def failed_cell(records: Iterable[dict]) -> dict:
    """The cell of a model of which every seed failed."""
    return absent_cell(FAILED, "; ".join(failure(record) for record in records))


def absent_cell(status: str, note: str) -> dict:
    """A cell without a number, which shows its status."""
    return {"mean": None, "std": None, "seeds": 0, "status": status, "note": note}


def weak_judges(records: Iterable[dict], metric: str) -> list[str]:
    """A note for each judge behind a metric whose accuracy on real test sequences is below its floor."""
    return sorted(
        {
            f"{WEAK}: {label} {judge['test_accuracy']:.3f} on real test data, floor {judge['floor']}"
            for record in records
            for label, judge in record.get("judges", {}).items()
            if judge["weak"] and metric in {f"{label}_{judged}" for judged in JUDGED}
        }
    )


def cell_text(cell, form: str = ".3f", of: str = "") -> str:
    """A line of the long form as a table shows it: mean, deviation and number of training seeds, 0.931 ± 0.012 (3).

    A dagger marks a number that a weak judge decided, a double dagger one of a run that has not learnt, and "(2 of 3)"
    states that a seed failed. A number that does not depend on a training seed has no brackets.

    Arguments:
        of: what stands behind the number, such as "of 12".
    """
    if cell.status in (PUBLISHED_ONLY, FAILED, OTHER_JUDGE):
        return "" if cell.status == PUBLISHED_ONLY else cell.status
    parts = [f"{cell.mean:{form}}"]
    if not pd.isna(cell.std):
        parts.append(f"± {cell.std:{form.removeprefix('+')}}")
    if not pd.isna(cell.seeds):
        parts.append(f"({cell.seeds if cell.status in ('ok', 'computed') else cell.status})")
    return " ".join([*parts, *filter(None, [of]), *marks(cell)])


def marks(cell) -> list[str]:
    """The marks behind the number of a line: a dagger for a weak judge, a double dagger for what has not learnt."""
    return [*(["†"] if WEAK in cell.note else []), *([MARK] if is_marked(cell.learnt) else [])]
