"""R-WAE, table 2: how often judges miss what was held while the other code was drawn from its prior.

Action: motion of test sequences, content from N(0, I) (content-prior). Attributes and digit: content of test sequences,
motion from the learnt prior (motion-prior). Tables 4 and 9 of that paper are made from the same two protocols.
"""

from collections.abc import Mapping
from statistics import fmean

import pandas as pd

from latentmotion.config.catalogue import REAL, dataset_name
from latentmotion.reporting.display_names import CHANCE, dataset_label, printed_row
from latentmotion.reporting.tabulation.aggregate import (
    Cells,
    long_form,
    other_data,
    shown,
    weak_judges,
    with_published,
)
from latentmotion.reporting.tabulation.pivot import Columns, block
from latentmotion.reporting.tabulation.published import printed

PAPER = "R-WAE"
NUMBER = "table 2"
CAPTION = "Classification errors in per cent where one code is held and the other is drawn from its prior"

MOTION_HELD, CONTENT_HELD = "content-prior", "motion-prior"
PROTOCOLS = (REAL, CHANCE, MOTION_HELD, CONTENT_HELD)
OF_MOTION = ("action", "dynamic")  # what is read off the motion; all else off the content
LEFT_OUT = "hair"  # of the mean over attributes, as the paper leaves it out

Parts = Mapping[str, list[str]]  # what is shown -> the labels whose judges' accuracies it is the mean of


def rows(records: list[dict], published: pd.DataFrame, settings: dict) -> pd.DataFrame:
    """The long form: the error of every label, and of the attributes together."""
    return errors(records, published, settings, "2")


def errors(records: list[dict], published: pd.DataFrame, settings: dict, table: str) -> pd.DataFrame:
    """The long form of one of the paper's tables of errors: metrics `<label>_error` and `content_error`."""

    def cells(model: str, dataset: str, found: list[dict], real: dict) -> Cells:
        numbers = printed(published, PAPER, table, printed_row(model, PAPER, table), dataset_name(dataset))
        ours = in_per_cent(found, _parts(real), "error")
        return with_published(ours, by_protocol(numbers), other_data(dataset, found))

    def others(real: dict, _) -> dict[str, Cells]:
        return {CHANCE: chance(real, _parts(real), "error")}

    return long_form(records, settings, [REAL, *settings["models"]], cells, others)


def _parts(real: dict) -> Parts:
    attributes = [label for label in real["classes"] if label not in (*OF_MOTION, LEFT_OUT)]
    return each(real) | ({"content": attributes} if len(attributes) > 1 else {})


def each(real: dict) -> dict[str, list[str]]:
    """Every judged label by itself."""
    return {label: [label] for label in real["classes"]}


def in_per_cent(found: list[dict], parts: Parts, kind: str) -> Cells:
    """Cells `<part>_<kind>`, each under the protocol that holds what it is read off; of the real data under `real`.

    Arguments:
        found: the records of one model, or the real data's. A mean over labels is taken in each record, so that the
            deviation is over seeds.
        kind: "error" or "accuracy".

    A weak judge marks every mean that it has a part in.
    """
    wanted = [(_protocol(part), f"{part}_{kind}") for part in parts]
    cells = shown([{**record, "metrics": _metrics(record, parts, kind)} for record in found], wanted, PROTOCOLS)
    for (_, metric), cell in cells.items():
        labels = parts[metric.removesuffix(f"_{kind}")]
        marks = [mark for label in labels for mark in weak_judges(found, f"{label}_accuracy")]
        cell["note"] = "; ".join(dict.fromkeys(filter(None, [cell["note"], *marks])))
    return cells


def _metrics(record: dict, parts: Parts, kind: str) -> list[dict]:
    measured = {(cell["protocol"], cell["metric"]): cell["value"] for cell in record["metrics"]}
    found = []
    for part, labels in parts.items():
        protocol = REAL if record["model"] == REAL else _protocol(part)
        keys = [(protocol, f"{label}_accuracy") for label in labels]
        if all(key in measured for key in keys):
            value = _per_cent(fmean(measured[key] for key in keys), kind)
            found.append({"protocol": protocol, "metric": f"{part}_{kind}", "value": value})
    return found


def chance(real: dict, parts: Parts, kind: str) -> Cells:
    """What a uniform guess scores."""
    guess = {part: fmean(1 / real["classes"][label] for label in labels) for part, labels in parts.items()}
    return {
        (CHANCE, f"{part}_{kind}"): {"mean": _per_cent(share, kind), "status": "computed", "note": "uniform guess"}
        for part, share in guess.items()
    }


def by_protocol(numbers: Mapping[str, str]) -> dict[tuple[str, str], str]:
    """Printed numbers by metric -> by (protocol, metric), each under the protocol of ours beside it."""
    return {(_protocol(metric.rpartition("_")[0]), metric): value for metric, value in numbers.items()}


def _protocol(part: str) -> str:
    return MOTION_HELD if part in OF_MOTION else CONTENT_HELD


def _per_cent(accuracy: float, kind: str) -> float:
    return 100 * (1 - accuracy if kind == "error" else accuracy)


def columns(titles: Mapping[str, str]) -> Columns:
    """Metric -> title, as columns that the real data and chance share with the models."""
    return {
        (protocol, metric): (title, ".2f")
        for metric, title in titles.items()
        for protocol in (REAL, CHANCE, _protocol(metric.rpartition("_")[0]))
    }


def view(long: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The paper's two halves."""
    attributes = {"action_error": "action ↓", "content_error": "content ↓", f"{LEFT_OUT}_error": f"{LEFT_OUT} ↓"}
    halves = (attributes, {"digit_error": "digit ↓"})
    return headed("Errors in per cent", [block(long, columns(half)) for half in halves])


def headed(title: str, blocks: list[pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Each block under a title that names its data, since one of a single set has no other heading."""
    return {
        f"{title}: {'; '.join(dict.fromkeys(data for data, _ in found.index))}": found
        for found in blocks
        if not found.empty
    }


def notes(records: list[dict], published: pd.DataFrame) -> list[str]:
    """What a reader must know of this table beyond what all tables say."""
    return [
        *of_protocols(records),
        of_attributes(records),
        "Digits: the paper encodes and judges 10 frames of each of 10,000 videos; here it is as many frames as the "
        "models and the judge have learnt from. How digits move has no classes and is not judged.",
    ]


def of_protocols(records: list[dict]) -> list[str]:
    """What is held, what is drawn, and of how many sequences."""
    counts = {
        dataset_label(record["dataset"]): cell["n"]
        for record in records
        if record["model"] == REAL
        for cell in record["metrics"]
        if cell["protocol"] == REAL
    }
    counted = ", ".join(f"{count:,} of {name}" for name, count in counts.items())
    return [
        "The text is 'fix one encoded attribute and randomly sample others'. Action: the motion of a test sequence is "
        "held and the content drawn from N(0, I) (content-prior). What is shown: its content is held and the motion "
        f"drawn from the learnt prior (motion-prior). All test sequences are scored: {counted}.",
        "'real data' is how the judges do on the test sequences themselves: no system can be expected to do better.",
    ]


def of_attributes(records: list[dict]) -> str:
    """Which attributes the mean is of."""
    names = [label for r in records if r["model"] == REAL for label in _parts(r).get("content", [])]
    return (
        f"'content' is the mean error of {', '.join(dict.fromkeys(names)) or 'the attributes'}. All attributes are in "
        f"one code, so none is fixed alone. {LEFT_OUT.capitalize()} is not in that mean, since the paper leaves it out "
        "of its table; its text has 99.94 % accuracy for DS-VAE and R-WAE(MMD) alike. It stands in a column of its "
        "own; the csv has every attribute."
    )
