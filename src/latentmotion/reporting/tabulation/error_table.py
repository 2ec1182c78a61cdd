"""R-WAE's tables 2, 4 and 9: how often judges recognise what one code holds while the other is sampled from its prior.

Labels of the motion: the motion is that of test sequences, and the content is sampled from N(0, I) (protocol
content-prior). All other labels: the content is that of test sequences, and the motion is sampled from the learnt
prior (motion-prior).
"""

from collections.abc import Mapping
from statistics import fmean

import pandas as pd

from latentmotion.config.catalogue import REAL, dataset_name
from latentmotion.reporting.display_names import CHANCE, printed_row
from latentmotion.reporting.tabulation.aggregate import (
    Cells,
    long_form,
    measured,
    published_on,
    weak_judges,
    with_published,
)
from latentmotion.reporting.tabulation.pivot import Columns, block
from latentmotion.reporting.tabulation.published import printed
from latentmotion.reporting.titles import Titles

PAPER = "R-WAE"
MOTION_HELD, CONTENT_HELD = "content-prior", "motion-prior"
PROTOCOLS = (REAL, CHANCE, MOTION_HELD, CONTENT_HELD)
OF_MOTION = ("action", "dynamic")  # labels of the motion; all others are labels of the content
LEFT_OUT = "hair"  # the paper leaves it out of the mean over attributes

Parts = Mapping[str, list[str]]  # name of a column -> the labels whose judges' accuracies it is the mean of


def errors(records: list[dict], published: pd.DataFrame, settings: dict, table: str) -> pd.DataFrame:
    """The long form of one of the paper's tables of errors: metrics `<label>_error` and `content_error`."""

    def cells(model: str, dataset: str, found: list[dict], real: dict) -> Cells:
        numbers = printed(published, PAPER, table, printed_row(model, PAPER, table), dataset_name(dataset))
        ours = in_per_cent(found, error_parts(real), "error")
        return with_published(ours, by_protocol(numbers), published_on(dataset, found, settings))

    def others(real: dict, _) -> dict[str, Cells]:
        return {CHANCE: chance(real, error_parts(real), "error")}

    return long_form(records, settings, [REAL, *settings["models"]], cells, others)


def error_view(long: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The paper's two halves: the labels of Sprites, and the digit."""
    attributes = {"action_error": "action ↓", "content_error": "content ↓", f"{LEFT_OUT}_error": f"{LEFT_OUT} ↓"}
    halves = (attributes, {"digit_error": "digit ↓"})
    return headed("Errors in per cent", [block(long, columns(half)) for half in halves])


def error_parts(real: dict) -> Parts:
    """Every judged label by itself, and as `content` the attributes together where there are several."""
    attributes = [label for label in real["classes"] if label not in (*OF_MOTION, LEFT_OUT)]
    return each(real) | ({"content": attributes} if len(attributes) > 1 else {})


def each(real: dict) -> dict[str, list[str]]:
    """Every judged label by itself."""
    return {label: [label] for label in real["classes"]}


def in_per_cent(found: list[dict], parts: Parts, kind: str) -> Cells:
    """The cells `<part>_<kind>`, each under the protocol that holds the code of the part; of the real data under REAL.

    A mean over labels is taken in each record, so that the deviation is over seeds. A weak judge marks every mean that
    its accuracy enters.

    Arguments:
        found: the records of one model, or that of the real data.
        kind: "error" or "accuracy".
    """
    wanted = [(_protocol(part), f"{part}_{kind}") for part in parts]
    cells = measured([{**record, "metrics": _metrics(record, parts, kind)} for record in found], wanted, PROTOCOLS)
    for (_, metric), cell in cells.items():
        labels = parts[metric.removesuffix(f"_{kind}")]
        marks = [mark for label in labels for mark in weak_judges(found, f"{label}_accuracy")]
        cell["note"] = "; ".join(dict.fromkeys(filter(None, [cell["note"], *marks])))
    return cells


def _metrics(record: dict, parts: Parts, kind: str) -> list[dict]:
    scores = {(cell["protocol"], cell["metric"]): cell["value"] for cell in record["metrics"]}
    found = []
    for part, labels in parts.items():
        protocol = REAL if record["model"] == REAL else _protocol(part)
        keys = [(protocol, f"{label}_accuracy") for label in labels]
        if all(key in scores for key in keys):
            value = _per_cent(fmean(scores[key] for key in keys), kind)
            found.append({"protocol": protocol, "metric": f"{part}_{kind}", "value": value})
    return found


def chance(real: dict, parts: Parts, kind: str) -> Cells:
    """The cells of a uniform guess."""
    guess = {part: fmean(1 / real["classes"][label] for label in labels) for part, labels in parts.items()}
    return {
        (CHANCE, f"{part}_{kind}"): {"mean": _per_cent(share, kind), "status": "computed", "note": "uniform guess"}
        for part, share in guess.items()
    }


def by_protocol(numbers: Mapping[str, str]) -> dict[tuple[str, str], str]:
    """Printed numbers by metric -> by (protocol, metric), where the protocol is that of our number beside them."""
    return {(_protocol(metric.rpartition("_")[0]), metric): value for metric, value in numbers.items()}


def _protocol(part: str) -> str:
    return MOTION_HELD if part in OF_MOTION else CONTENT_HELD


def _per_cent(accuracy: float, kind: str) -> float:
    return 100 * (1 - accuracy if kind == "error" else accuracy)


def columns(titles: Mapping[str, str]) -> Columns:
    """Titles by metric -> columns in which the real data and chance stand too."""
    return {
        (protocol, metric): (title, ".2f")
        for metric, title in titles.items()
        for protocol in (REAL, CHANCE, _protocol(metric.rpartition("_")[0]))
    }


def headed(title: str, blocks: list[pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Each block under a title that names its data sets, because a block of a single one has no other heading."""
    return {
        f"{title}: {'; '.join(dict.fromkeys(data for data, _ in found.index))}": found
        for found in blocks
        if not found.empty
    }


def note_on_protocols(records: list[dict], settings: dict) -> list[str]:
    """Footnotes: what is held, what is sampled, and of how many sequences."""
    titles = Titles.of(settings)
    counts = {
        titles.dataset(record["dataset"]): cell["n"]
        for record in records
        if record["model"] == REAL
        for cell in record["metrics"]
        if cell["protocol"] == REAL
    }
    counted = ", ".join(f"{count:,} of {name}" for name, count in counts.items())
    return [
        "The paper describes its protocol as 'fix one encoded attribute and randomly sample others'. For the action, "
        "the motion of a test sequence is held, and the content is sampled from N(0, I) (protocol content-prior). For "
        "all other labels, the content of a test sequence is held, and the motion is sampled from the learnt prior "
        f"(motion-prior). All test sequences are scored: {counted}.",
        "The row 'real data' gives the judges' own results on the test sequences. No system can be expected to do "
        "better.",
    ]


def note_on_attributes(records: list[dict]) -> str:
    """Footnote: which attributes the mean is of."""
    names = [label for r in records if r["model"] == REAL for label in error_parts(r).get("content", [])]
    return (
        f"The column 'content' is the mean error over {', '.join(dict.fromkeys(names)) or 'the attributes'}. One code "
        f"holds all attributes, so that none of them is fixed alone. {LEFT_OUT.capitalize()} does not enter the mean, "
        "because the paper leaves it out of its table; in its text it has an accuracy of 99.94 % for DS-VAE and for "
        "R-WAE(MMD). It has a column of its own, and the csv file has every attribute."
    )
