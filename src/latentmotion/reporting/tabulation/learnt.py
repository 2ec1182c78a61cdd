"""Which runs have learnt, and how much they have seen: the marks and notes of tables and figures.

The verdict of a run stands in its evaluation record (evaluation/learnt.py). A record that is older than the verdict
counts as one of a run that has not learnt, and its note states that this is not known. The real data, uniform guesses
and printed numbers are of no run.
"""

from collections.abc import Iterable

from latentmotion.config.catalogue import REAL
from latentmotion.reporting.titles import MARK, Titles

UNKNOWN = "The record was made before this was measured, so that it is not known whether the run has learnt."


def learnt_text(records: list[dict]) -> str | None:
    """The column `learnt` of a csv file for a number that is the mean over the seeds of one model on one data set.

    "yes", "no" or "not known" where all seeds are alike, otherwise "2 of 3": how many have learnt. None where the
    records are not of runs.
    """
    found = [record.get("learnt") for record in _scored(records)]
    if not found:
        return None
    if len(set(found)) > 1:
        return f"{found.count(True)} of {len(found)}"
    return {True: "yes", False: "no", None: "not known"}[found[0]]


def seen_text(records: list[dict]) -> str | None:
    """The column `seen` of a csv file: how many sequences a training saw, "64000; 86400" where seeds differ.

    None where the records are not of runs, or are older than the count.
    """
    return "; ".join(map(str, sorted({one["seen"]["sequences"] for one in _scored(records) if "seen" in one}))) or None


def is_marked(learnt: object) -> bool:
    """Whether a value of the column `learnt` marks a number: one seed that has not learnt is enough."""
    return isinstance(learnt, str) and learnt != "yes"


def notes_on_learning(records: list[dict], titles: Titles) -> list[str]:
    """Notes on the models and data sets of which a run has not learnt; those with the same reason share a note."""
    alike: dict[tuple[str, bool], list[str]] = {}
    notes = []
    for (model, dataset), found in by_model(records).items():
        name = f"{titles.model(model)} on {titles.dataset(dataset)}"
        reasons = {record["seed"]: reason(record) for record in found if record.get("learnt") is not True}
        if len(reasons) == len(found) and len(set(reasons.values())) == 1:
            known = found[0].get("learnt") is False
            alike.setdefault((reasons[found[0]["seed"]], known), []).append(name)
        elif reasons:
            verb = "has" if len(reasons) == 1 else "have"
            each = " ".join(f"Seed {seed}: {text}" for seed, text in reasons.items())
            notes.append(f"{MARK} {name}: {len(reasons)} of {len(found)} seeds {verb} not learnt. {each}")
    for (text, known), names in alike.items():
        verbs = ("has not learnt", "have not learnt") if known else ("counts as not learnt", "count as not learnt")
        notes.append(f"{MARK} {listed(names)} {verbs[len(names) > 1]}: {text}")
    return notes


def listed(names: list[str]) -> str:
    """Names as a sentence has them: "A", "A and B", "A, B and C"."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def reason(record: dict) -> str:
    """A sentence that states why a run counts as one that has not learnt."""
    return record.get("learnt_why") or UNKNOWN


def notes_on_seen(records: list[dict], titles: Titles) -> list[str]:
    """One note: how many sequences the models saw in training, and how many those of the papers."""
    parts: dict[str, list[str]] = {}
    for (model, dataset), found in by_model(records).items():
        known = [record["seen"] for record in found if "seen" in record]
        if known:
            parts.setdefault(titles.dataset(dataset), []).append(f"{titles.model(model)} {_amount(known[0])}")
    if not parts:
        return []
    listed = "; ".join(f"on {dataset}: {', '.join(models)}" for dataset, models in parts.items())
    return [
        "How many sequences each training saw, where a repeated one counts each time; in brackets the epochs and, "
        f"where it is known, the number of the paper's training: {listed}."
    ]


def _amount(seen: dict) -> str:
    paper = f"; paper {seen['paper']:,}" if seen["paper"] else ""
    return f"{seen['sequences']:,} ({seen['epochs']:.3g} epochs{paper})"


def by_model(records: Iterable[dict]) -> dict[tuple[str, str], list[dict]]:
    """(model, data set) -> the records of its runs that have numbers."""
    found: dict[tuple[str, str], list[dict]] = {}
    for record in _scored(records):
        found.setdefault((record["model"], record["dataset"]), []).append(record)
    return found


def _scored(records: Iterable[dict]) -> list[dict]:
    return [record for record in records if record["model"] != REAL and record["status"] == "ok"]
