"""Runs against bounds: which seeds of a model do what a claim says, and the verdict over the seeds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from latentmotion.reporting.claims.claim import Claim, Part
from latentmotion.reporting.claims.evidence import Evidence, Reason, different_networks
from latentmotion.reporting.claims.findings import Finding, Verdict
from latentmotion.reporting.claims.measures import of_real_data, resolve
from latentmotion.reporting.claims.preconditions import unmet
from latentmotion.reporting.claims.statistics import t_interval


@dataclass(frozen=True)
class Cleared:
    """The runs of one model against the bounds of a claim.

    Arguments:
        parts: the measures that fit the data set.
        values: the values of each measure by seed.
        seeds: seed -> whether the run does what the claim says in every measure.
        bounds: for each measure its bound as a reader wants to see it.
    """

    model: str
    parts: tuple[Part, ...]
    values: tuple[Mapping[int, float], ...]
    seeds: Mapping[int, bool]
    bounds: tuple[str, ...]
    reasons: tuple[Reason, ...]


def clear(claim: Claim, dataset: str, evidence: Evidence, model: str, side: str) -> Cleared:
    """Looks at every seed of a model.

    Arguments:
        side: `better`: the claimed side of `margin`; `than`: the other side of `margin_than`, or of `margin`.
    """
    runs = {seed: record for seed, record in evidence.of_run(model, dataset).items() if record["status"] == "ok"}
    real = evidence.real(dataset)
    parts = claim.fitting(real)
    reasons = evidence.faults(model, dataset, runs, [part.measure for part in parts])
    values, results, bounds = [], [], []
    for part in parts:
        found = part.by_seed(runs, runs)
        against = {seed: resolve(_bound(part, side), part.measure, runs[seed], real) for seed in runs}
        if len(found) < len(runs):
            reasons.append(Reason(f"not measured: {part.measure}", model))
        if None in against.values():
            reasons.append(Reason(f"not measured: {_bound(part, side)}, with which {part.measure} is compared", model))
        if real is not None and of_real_data(_bound(part, side)):
            reasons += different_networks([part.measure], [[*runs.values(), real]])
        upwards = part.higher == (side == "better")
        results.append({seed: _clears(found.get(seed), against[seed], upwards) for seed in runs})
        values.append(found)
        bounds.append(_text(part, side, against.values()))
    if runs and len(runs) < claim.seeds:
        reasons.append(Reason(f"{len(runs)} of {claim.seeds} seeds", model))
    reasons += unmet(claim, side, model, runs, real)
    cleared = {seed: all(result[seed] for result in results) for seed in runs}
    return Cleared(model, tuple(parts), tuple(values), cleared, tuple(bounds), tuple(reasons))


def finding(claim: Claim, dataset: str, found: Sequence[Cleared]) -> list[Finding]:
    """The findings of models that share one verdict, one for each model and measure; none without models."""
    if not found:
        return []
    reasons = tuple(reason for one in found for reason in one.reasons)
    common = set.intersection(*(set(one.seeds) for one in found))
    cleared = [all(one.seeds[seed] for one in found) for seed in common]
    if reasons or not cleared:
        verdict = Verdict.UNDECIDED
    elif all(cleared):
        verdict = Verdict.UPHELD
    else:
        verdict = Verdict.MIXED if any(cleared) else Verdict.CONTRADICTED
    return [
        Finding(
            dataset,
            verdict,
            str(part.measure),
            one.reasons,
            one.model,
            values={one.model: dict(values)},
            effect=t_interval(list(values.values())) if values else None,
            bound=bound,
        )
        for one in found
        for part, values, bound in zip(one.parts, one.values, one.bounds, strict=True)
    ]


def _bound(part: Part, side: str) -> str:
    return part.margin_than if side == "than" and part.margin_than else part.margin


def _clears(value: float | None, bound: float | None, upwards: bool) -> bool:
    if value is None or bound is None:
        return False
    return value >= bound if upwards else value <= bound


def _text(part: Part, side: str, bounds) -> str:
    known = sorted({f"{bound:.3g}" for bound in bounds if bound is not None})
    word = "at least" if part.higher == (side == "better") else "at most"
    return f"{word} {' or '.join(known)}" if known else ""
