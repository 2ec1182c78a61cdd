"""What a claim demands of the runs behind it, before their numbers decide anything.

evidence.py has what every run must meet. Here are the preconditions of single claims, and the number of sequences that
a run has seen.
"""

from collections.abc import Mapping
from statistics import fmean

from latentmotion.reporting.claims.claim import Claim
from latentmotion.reporting.claims.evidence import Evidence, Reason
from latentmotion.reporting.claims.measures import Condition, resolve


def unmet(claim: Claim, side: str, model: str, runs: Mapping[int, dict], real: dict | None) -> list[Reason]:
    """The preconditions of a claim that the runs of one model do not meet.

    Arguments:
        side: `better` or `than`, the model's side in the claim.
    """
    scored = {seed: record for seed, record in runs.items() if record["status"] == "ok"}
    conditions = [condition for of, condition in claim.conditions if of in ("each", side)]
    return [Reason(text, model) for condition in conditions for text in _failures(condition, scored, real)]


def _failures(condition: Condition, runs: Mapping[int, dict], real: dict | None) -> list[str]:
    """What keeps the runs of one model from meeting a condition, in one text for all seeds."""
    pairs = {seed: condition.values(record, real) for seed, record in runs.items()}
    if any(value is None for value, _ in pairs.values()):
        return [f"not measured: {condition.measure}"]
    if any(bound is None for _, bound in pairs.values()):
        return [f"not measured: {condition.bound}, with which {condition.measure} is compared"]
    failed = {seed: pair for seed, pair in pairs.items() if not condition.holds(*pair)}
    if not failed:
        return []
    values = ", ".join(f"{value:.3g}" for value, _ in failed.values())
    bounds = " or ".join(dict.fromkeys(f"{bound:.3g}" for _, bound in failed.values()))
    side = "below" if condition.below else "above"
    seeds = ("seed " if len(failed) == 1 else "seeds ") + ", ".join(map(str, failed))
    return [f"{condition.measure} is {values} ({seeds}), not {side} {bounds}"]


def not_halfway(
    claim: Claim, dataset: str, evidence: Evidence, better: str, than: str, seeds: list[int]
) -> list[Reason]:
    """The better one of two models must be at least halfway from chance to the judge, by the claim's first measure."""
    part, real = claim.parts[0], evidence.real(dataset)
    best: tuple[float, str] | None = None
    for model in (better, than):
        runs = evidence.of_run(model, dataset)
        values = part.by_seed(runs, seeds)
        bound = resolve("halfway", part.measure, runs[seeds[0]], real)
        if bound is None or not values:
            return [Reason(f"not measured: halfway from chance to the judge of {part.measure}")]
        way = (fmean(values.values()) - bound) * (1 if part.higher else -1)
        best = max(filter(None, (best, (way, model))))
    return [] if best[0] >= 0 else [Reason(f"neither is halfway from chance to the judge in {part.measure}")]


def budget(record: Mapping) -> float:
    """The number of training sequences that a run has seen, each as often as it was seen.

    A record without the key `seen` has the settings of the training: steps times batch.
    """
    if "sequences" in (record.get("seen") or {}):
        return record["seen"]["sequences"]
    training = (record.get("training") or {}).get("settings", {}).get("training", {})
    return training.get("steps", 0) * training.get("batch", 0)
