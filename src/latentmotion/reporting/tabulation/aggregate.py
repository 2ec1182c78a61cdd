"""Records of single seeds -> one line for each system, dataset, protocol and metric, failures included.

A cell is the columns of a line that a system's records decide (mean, std, seeds, status, note) and the printed number
beside them, by (protocol, metric).
"""

import statistics
from collections.abc import Callable, Iterable

import pandas as pd

from latentmotion.config.catalogue import REAL, dataset_name
from latentmotion.reporting.display_names import COPY, dataset_label, published_label, system_label

LONG = [
    *("row", "dataset", "source", "protocol", "metric", "published"),
    *("mean", "std", "seeds", "scale", "status", "note"),
]
WEAK = "weak judge"
PUBLISHED_ONLY = "published only"  # the status of a cell that only the paper has
JUDGED = (
    "accuracy",
    "h_y_given_x",
    "h_y",
    "is",
)  # what a judge says of a label

Cells = dict[tuple[str, str], dict]


def failure(record: dict) -> str:
    """Why a run has no numbers; empty for one that has."""
    return "" if record["status"] == "ok" else f"seed {record['seed']}: {record['status']}"


def long_form(
    records: list[dict],
    settings: dict,
    models: Iterable[str],
    cells: Callable[[str, str, list[dict], dict], Cells],
    others: Callable[[dict, list[dict]], dict[str, Cells]] | None = None,
) -> pd.DataFrame:
    """The long form of a table, dataset by dataset.

    Arguments:
        models: in the order of the rows; the real data is one of them where the table shows it.
        cells: (model, dataset id, its records, the real data's record) -> what the table shows of it; the records are
            empty for a system that was not run.
        others: (the real data's record, all records of the dataset) -> rows that are no model's.
    """
    lines = []
    for dataset in dict.fromkeys(record["dataset"] for record in records):
        here = [record for record in records if record["dataset"] == dataset]
        real = next(record for record in here if record["model"] == REAL)
        common = {"dataset": dataset_label(dataset), "source": real["source"], "scale": settings["scale"]}
        absent = {"dataset": dataset_label(dataset_name(dataset)), "source": "published"}
        for model in models:
            found = [record for record in here if record["model"] == model]
            for (protocol, metric), cell in cells(model, dataset, found, real).items():
                row = COPY if protocol == "copy" else system_label(model)
                lines.append(
                    {"row": row, "protocol": protocol, "metric": metric, **(common if found else absent), **cell}
                )
        for row, of_row in (others(real, here) if others else {}).items():
            lines += [{"row": row, "protocol": p, "metric": m, **common, **cell} for (p, m), cell in of_row.items()]
    return pd.DataFrame(lines, columns=LONG).astype({"seeds": "Int64"})


def shown(records: list[dict], wanted: Iterable[tuple[str, str]], protocols: Iterable[str]) -> Cells:
    """The cells of a system's records under some protocols. Where every seed failed, the wanted ones say so."""
    protocols = set(protocols)
    found = summarise(records)
    if records and not found:
        return {key: failed(records) for key in wanted}
    return {key: cell for key, cell in found.items() if key[0] in protocols}


def with_published(cells: Cells, numbers: dict[tuple[str, str], str], remark: str = "") -> Cells:
    """Printed numbers beside ours; a cell that only the paper has says so. The remark goes to each of them."""
    for key, value in numbers.items():
        cell = cells.setdefault(key, {"status": PUBLISHED_ONLY, "note": ""})
        cell["published"] = value
        cell["note"] = "; ".join(filter(None, [cell["note"], remark]))
    return cells


def other_data(dataset: str, records: list[dict]) -> str:
    """What to say of printed numbers beside ours on a drawn set."""
    name = dataset_name(dataset)
    return f"published numbers on {published_label(name)}" if records and dataset != name else ""


def summarise(records: Iterable[dict]) -> Cells:
    """(protocol, metric) -> the columns mean, std, seeds, status and note, over the seeds of one model on one dataset.

    std is over training seeds (n - 1 in the denominator) and empty for a single one. Status is `ok`, `2 of 3` where a
    seed failed, and the note says which and why. A model of which every seed failed has no cells: see `failed`.
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


def failed(records: Iterable[dict]) -> dict:
    """The columns of a cell whose every seed failed."""
    note = "; ".join(failure(record) for record in records)
    return {"mean": None, "std": None, "seeds": 0, "status": "failed", "note": note}


def weak_judges(records: Iterable[dict], metric: str) -> list[str]:
    """What to say of a metric whose judge is below its floor on real test sequences."""
    return sorted(
        {
            f"{WEAK}: {label} {judge['test_accuracy']:.3f} on real test data, floor {judge['floor']}"
            for record in records
            for label, judge in record.get("judges", {}).items()
            if judge["weak"] and metric in {f"{label}_{said}" for said in JUDGED}
        }
    )


def cell_text(cell, form: str = ".3f") -> str:
    """A line of the long form as a table shows it, 0.931 ± 0.012 (3): mean, deviation and number of training seeds.

    A dagger marks a weak judge, "(2 of 3)" seeds that failed; what no training seed decides has no brackets.
    """
    if cell.status in (PUBLISHED_ONLY, "failed"):
        return "" if cell.status == PUBLISHED_ONLY else "failed"
    parts = [f"{cell.mean:{form}}"]
    if not pd.isna(cell.std):
        parts.append(f"± {cell.std:{form.removeprefix('+')}}")
    if not pd.isna(cell.seeds):
        parts.append(f"({cell.seeds if cell.status in ('ok', 'computed') else cell.status})")
    return " ".join([*parts, "†"] if WEAK in cell.note else parts)
