"""Records of single seeds -> one line for each system, dataset, protocol and metric, failures included."""

import statistics
from collections.abc import Iterable

import pandas as pd

from latentmotion.catalogue import REAL

LONG = [
    *("row", "dataset", "source", "protocol", "metric", "published"),
    *("mean", "std", "seeds", "scale", "status", "note"),
]
WEAK = "weak judge"
PUBLISHED_ONLY = "published only"  # the status of a cell that only the paper has


def failure(record: dict) -> str:
    """Why a run has no numbers; empty for one that has."""
    return "" if record["status"] == "ok" else f"seed {record['seed']}: {record['status']}"


def summarise(records: Iterable[dict]) -> dict[tuple[str, str], dict]:
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
            if judge["weak"] and metric.startswith(f"{label}_")
        }
    )


def cell_text(cell) -> str:
    """A line of the long form as a table shows it, 0.931 ± 0.012 (3): mean, deviation and number of training seeds.

    A dagger marks a weak judge, "(2 of 3)" seeds that failed; what no training seed decides has no brackets.
    """
    if cell.status in (PUBLISHED_ONLY, "failed"):
        return "" if cell.status == PUBLISHED_ONLY else "failed"
    parts = [f"{cell.mean:.3f}"]
    if not pd.isna(cell.std):
        parts.append(f"± {cell.std:.3f}")
    if not pd.isna(cell.seeds):
        parts.append(f"({cell.seeds if cell.status == 'ok' else cell.status})")
    return " ".join([*parts, "†"] if WEAK in cell.note else parts)
