"""What is said under every table: scale, seeds, sources, judges, failures, and what the published numbers are."""

from latentmotion.config.catalogue import REAL, dataset_name
from latentmotion.reporting.display_names import MADE_HERE, STAND_INS, dataset_label, system_label
from latentmotion.reporting.tabulation.aggregate import failure

PUBLISHED = (
    "Published numbers, in italics, are the paper's: on its own data, by its own judges, under a protocol that its "
    "text does not fully state. They are for orientation and enter no mean."
)


def footnotes(records: list[dict], settings: dict, prints: bool) -> list[str]:
    """One sentence or two each, in plain text, in an order that does not depend on that of the records.

    Arguments:
        prints: whether the table's paper has printed numbers.
    """
    real = [record for record in records if record["model"] == REAL]
    trained = [record for record in records if record["model"] != REAL]
    return [
        f"Ours: scale {settings['scale']}. In brackets the number of training seeds; ± is the standard deviation over "
        "them, given for two or more. Every declared seed is reported.",
        *_failures(trained),
        *(_source(record) for record in real),
        *(_judges(record) for record in real if record["judges"]),
        *([PUBLISHED] if prints else []),
    ]


def _failures(records: list[dict]) -> list[str]:
    return [
        f"Failed: {system_label(record['model'])} on {dataset_label(record['dataset'])}, {failure(record)}."
        for record in records
        if failure(record)
    ]


def _source(record: dict) -> str:
    name = dataset_label(record["dataset"])
    if record["dataset"] in MADE_HERE:
        return f"{name}: {MADE_HERE[record['dataset']]}."
    if record["dataset"] == dataset_name(record["dataset"]):
        return f"{name}: the published data."
    origin = (
        "is not drawn by this project" if dataset_name(record["dataset"]) in STAND_INS else "this project draws itself"
    )
    return f"{name}: a stand-in that {origin}, with the same labels; not comparable with the real set."


def _judges(record: dict) -> str:
    """The judges' own accuracy on real test sequences, and which of them are too weak to be trusted."""
    parts = [
        f"{label} {judge['test_accuracy']:.3f}" + (f" (weak †, floor {judge['floor']})" if judge["weak"] else "")
        for label, judge in record["judges"].items()
    ]
    return f"Judges' accuracy on the test sequences themselves, {dataset_label(record['dataset'])}: {', '.join(parts)}."
