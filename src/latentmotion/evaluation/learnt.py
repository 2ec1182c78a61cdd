"""Whether a trained run has learnt its data: its scores on validation sequences against the bars of bars.py.

The validation split is used because a bar is a choice, and choices are not made with test sequences. The protocols are
those of the tables, and the judges too.
"""

from dataclasses import replace

import numpy as np

from latentmotion.config.catalogue import dataset_name
from latentmotion.core.keyed_random import permutation
from latentmotion.data.prepared import Split
from latentmotion.evaluation.bars import Bar, bars, has_bars
from latentmotion.evaluation.protocols.base import EvaluationContext, protocols
from latentmotion.evaluation.scoring import encode, score_protocols, swap_partners

NO_BARS = "No bar is set for this data set, so it is not known whether the run has learnt (docs/bars.md)."
SEQUENCES = 512  # of the validation split, or all where there are fewer

Scores = dict[tuple[str, str], float]


def learnt(context: EvaluationContext) -> dict:
    """The keys of a record that state whether a run has learnt.

    learnt: whether every bar is passed; None, which is not known, on a data set without any bar.
    learnt_by: for each bar protocol, metric, value (None where the protocol measured nothing), bar, passed and, where
        the bar depends on something that was measured, baseline.
    learnt_why: a sentence about the bars that are not passed; empty where all are.

    Raises UserError where there is no bar for such a model on a data set that has others.
    """
    if not has_bars(dataset_name(context.data.id)):
        return {"learnt": None, "learnt_by": [], "learnt_why": NO_BARS}
    given = validation(context)
    hidden = not given.split.seen.all()
    wanted = bars(dataset_name(given.data.id), given.model.capabilities, hidden, "action" in given.judges)
    own, real = _measured(given, {bar.protocol for bar in wanted}), _measured(replace(given, model=None), _real(wanted))
    found = [passed(bar, own, real, given) for bar in wanted]
    return {"learnt": all(entry["passed"] for entry in found), "learnt_by": found, "learnt_why": why(wanted, found)}


def validation(context: EvaluationContext) -> EvaluationContext:
    """The context with SEQUENCES validation sequences as its split, in a random choice of a fixed key.

    No network for Frechet distances is kept, because no bar needs one.
    """
    whole = context.data.split("validation")
    split = chosen(whole, np.sort(permutation(len(whole), "learnt")[:SEQUENCES]))
    partners = swap_partners(split.group, context.seed)
    given = replace(
        context, split=split, partners=partners, codes=None, feature_extractors=[], frame_feature_extractors=[]
    )
    given.codes = encode(given)
    return given


def chosen(split: Split, ids: np.ndarray) -> Split:
    """The chosen sequences of a split."""
    return replace(
        split,
        x=split.x[ids],
        labels={name: values[ids] for name, values in split.labels.items()},
        group=split.group[ids],
        seen=split.seen[ids],
        scored=split.scored[ids],
        continued=None if split.continued is None else split.continued[ids],
    )


def passed(bar: Bar, own: Scores, real: Scores, context: EvaluationContext) -> dict:
    """The entry of one bar in `learnt_by`."""

    def resolve(mark: float | str) -> float | None:
        if not isinstance(mark, str):
            return mark
        judge = context.judges.get(bar.metric.removesuffix("_accuracy"))
        if mark == "chance":
            return 1 / len(judge.record["classes"])
        if mark == "judge":
            return judge.record["validation_accuracy"]
        protocol, _, metric = mark.rpartition("/")
        return real.get((protocol, metric)) if protocol else own.get((bar.protocol, metric))

    value, worst, best = own.get((bar.protocol, bar.metric)), resolve(bar.worst), resolve(bar.best)
    entry = {"protocol": bar.protocol, "metric": bar.metric, "value": value, "bar": None, "passed": False}
    if worst is not None and best is not None:
        entry["bar"] = worst + bar.share * (best - worst)
        if value is not None:
            entry["passed"] = bool(value >= entry["bar"] if best > worst else value <= entry["bar"])
    for name, mark in ((bar.best, best), (bar.worst, worst)):
        if isinstance(name, str):
            entry["baseline"] = mark
    return entry


def why(wanted: tuple[Bar, ...], found: list[dict]) -> str:
    """One sentence about the bars that are not passed."""
    failed = [
        bar.finding.format(value=_number(entry["value"]), bar=_number(entry["bar"]))
        for bar, entry in zip(wanted, found, strict=True)
        if not entry["passed"]
    ]
    return f"On validation sequences, the run {', and '.join(failed)}." if failed else ""


def _number(value: float | None) -> str:
    return "an unknown amount" if value is None else f"{value:.3g}"


def _real(wanted: tuple[Bar, ...]) -> set[str]:
    marks = (mark for bar in wanted for mark in (bar.worst, bar.best) if isinstance(mark, str))
    return {mark.rpartition("/")[0] for mark in marks} - {""}


def _measured(context: EvaluationContext, names: set[str]) -> Scores:
    """The scores of the model, or of the real sequences where there is none, under some protocols."""
    found = {name: module for name, module in protocols(context.data.id).items() if module.NAME in names}
    return {
        (entry["protocol"], entry["metric"].partition(":")[0]): entry["value"]
        for entry in score_protocols(context, found)
    }
