"""The footnotes that every table has: scale, seeds, failures, data, judges, and what the published numbers are."""

from latentmotion.config.catalogue import REAL, dataset_name
from latentmotion.reporting.tabulation.aggregate import failure
from latentmotion.reporting.tabulation.learnt import notes_on_learning, notes_on_seen
from latentmotion.reporting.titles import Titles

JUDGES = (
    "A judge is a classifier that this project trained on real training sequences. It decides whether a generated "
    "sequence shows what it should show."
)
WEAK_JUDGES = (
    "A judge is weak where its accuracy on the real test sequences is below its floor. A number that depends on a weak "
    "judge is marked with a dagger."
)
PUBLISHED = (
    "Numbers in italics are the paper's. They were measured on the paper's own data and with its own judges, under a "
    "protocol that its text does not fully state. They are for orientation and enter no mean."
)


def footnotes(records: list[dict], settings: dict, prints: bool) -> list[str]:
    """Footnotes of one or a few sentences each, in plain text; the order of the records does not matter.

    What they state about data is what params.yaml states about them, and nothing else.

    Arguments:
        prints: whether the table's paper has printed numbers.
    """
    titles = Titles.of(settings)
    real = [record for record in records if record["model"] == REAL]
    trained = [record for record in records if record["model"] != REAL]
    judged = [record for record in real if record["judges"]]
    return [
        f"Our numbers are of scale {settings['scale']}. The number in brackets counts the training seeds; ± is the "
        "standard deviation over them where there are two or more. Every declared seed is reported.",
        *(_failure(record, titles) for record in trained if failure(record)),
        *notes_on_learning(trained, titles),
        *notes_on_seen(trained, titles),
        *_precision(trained),
        *_origins([record["dataset"] for record in real], titles),
        *([JUDGES] if judged else []),
        *([WEAK_JUDGES] if any(judge["weak"] for record in judged for judge in record["judges"].values()) else []),
        *(_judges(record, titles) for record in judged),
        *_other_judges(trained, real, titles),
        *([PUBLISHED] if prints else []),
    ]


def _failure(record: dict, titles: Titles) -> str:
    model, dataset = titles.model(record["model"]), titles.dataset(record["dataset"])
    return f"{model} on {dataset} has no numbers for {failure(record)}."


def _precision(trained: list[dict]) -> list[str]:
    """How many trainings computed in float32 where their settings ask for bfloat16 (training/precision.py)."""
    runs = [run for record in trained if (run := record.get("training"))]
    asked = [run for run in runs if run["settings"].get("compute", {}).get("precision") == "bfloat16"]
    others = [run for run in asked if "float32" in run.get("precisions", ())]
    if not others:
        return []
    return [
        f"{len(others)} of {len(runs)} trainings computed in float32 in place of bfloat16, because their processors "
        "have no instructions for bfloat16."
    ]


def _origins(datasets: list[str], titles: Titles) -> list[str]:
    """Where the data come from: a note for all data sets of which the same is said."""
    notes: dict[str, list[str]] = {}
    for dataset in datasets:
        notes.setdefault(_origin(dataset, titles), []).append(f"'{titles.dataset(dataset)}'")
    return [
        f"Data set{'s' if len(named) > 1 else ''} {', '.join(named)}: {note}" for note, named in notes.items() if note
    ]


def _origin(dataset: str, titles: Titles) -> str:
    """The origin of the data; of a stand-in also that its numbers are not those of the real data set."""
    sentences = [titles.origin(dataset)]
    if dataset != dataset_name(dataset):
        sentences.append(
            f"It stands in for {titles.dataset(dataset_name(dataset))}; numbers on the one are not comparable with "
            "numbers on the other."
        )
    return " ".join(filter(None, sentences))


def _judges(record: dict, titles: Titles) -> str:
    """The accuracy of each judge on the real test sequences, and which judges are too weak to be trusted."""
    accuracies = [
        f"{label} {judge['test_accuracy']:.3f}" + (f" (weak †, floor {judge['floor']})" if judge["weak"] else "")
        for label, judge in record["judges"].items()
    ]
    dataset = titles.dataset(record["dataset"])
    return f"The judges' accuracy on the real test sequences of {dataset}: {', '.join(accuracies)}."


def _other_judges(trained: list[dict], real: list[dict], titles: Titles) -> list[str]:
    """The runs that were scored by other networks than the real data, which happens where judges were trained again."""
    own = {record["dataset"]: _networks(record) for record in real}
    others = {
        f"{titles.model(record['model'])} on {titles.dataset(record['dataset'])}"
        for record in trained
        if record["dataset"] in own and _networks(record) and _networks(record) != own[record["dataset"]]
    }
    if not others:
        return []
    return [
        f"Other judges than those of the real data scored {'; '.join(sorted(others))}. They have the same settings and "
        "were trained again, on another kind of machine: accuracies can differ in single decisions, and Fréchet "
        "distances cannot be compared with those of the other models."
    ]


def _networks(record: dict) -> dict[str, str]:
    """The judges and the networks of Fréchet distances that scored a record: name -> digest of the weights."""
    scored_by = {**record.get("judges", {}), **record.get("video_networks", {})}
    return {name: network["weights"] for name, network in scored_by.items() if "weights" in network}
