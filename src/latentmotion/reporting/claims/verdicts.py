"""The verdict on each claim: every data set by itself, then all of them, in the first scale that decides it."""

import importlib
from collections.abc import Sequence
from dataclasses import dataclass

from latentmotion.config.catalogue import dataset_name
from latentmotion.reporting.claims.claim import PAIRED, Claim
from latentmotion.reporting.claims.evidence import Evidence, Reason
from latentmotion.reporting.claims.findings import DECIDED, Finding, Verdict, on_one_dataset, over_datasets
from latentmotion.reporting.claims.statistics import Interval, pooled


@dataclass(frozen=True)
class Judged:
    """A claim with its verdict.

    Arguments:
        scale: the scale of the records behind it.
        by_dataset: the verdict on each data set, by its id; a data set without records has its name.
        findings: every comparison behind them.
        reasons: why it cannot be decided, whatever the records are.
        pooled: the effect over all comparisons together, where there are several data sets; it decides nothing.
    """

    claim: Claim
    verdict: Verdict
    scale: str
    by_dataset: dict[str, Verdict]
    findings: tuple[Finding, ...]
    reasons: tuple[Reason, ...]
    pooled: Interval | None


def judge_all(claims: Sequence[Claim], evidence: Sequence[Evidence]) -> list[Judged]:
    """The verdict on each claim, in the order of the claims.

    Arguments:
        evidence: the records of one scale each. A claim is judged by the first that decides it. Where none does, one
            that cannot decide it is reported, or else the one with most seeds. Records of two scales are never mixed.
    """
    return [_judge_by_scale(claim, evidence) for claim in claims]


def _judge_by_scale(claim: Claim, evidence: Sequence[Evidence]) -> Judged:
    found = [judge(claim, one) for one in evidence]
    if decided := next((one for one in found if one.verdict in DECIDED), None):
        return decided
    return max(found, key=lambda one: (one.verdict is Verdict.IMPOSSIBLE, sum(each.seeds for each in one.findings)))


def judge(claim: Claim, evidence: Evidence) -> Judged:
    """The verdict on one claim by the records of one scale."""
    if obstacle := claim.text["obstacle"]:
        return Judged(claim, Verdict.IMPOSSIBLE, evidence.scale, {}, (), (Reason(obstacle),), None)
    rule = importlib.import_module(f"latentmotion.reporting.claims.rules.{claim.kind}")
    findings: list[Finding] = []
    by_dataset: dict[str, Verdict] = {}
    for name in claim.datasets:
        for dataset in evidence.ids(name) or [name]:
            found = rule.judge(claim, dataset, evidence)
            if claim.real_data_only and dataset != dataset_name(dataset):
                found = [_only_on_real_data(one) for one in found]
            by_dataset[dataset] = on_one_dataset(one.verdict for one in found)
            findings += found
    verdict = over_datasets(by_dataset.values())
    return Judged(claim, verdict, evidence.scale, by_dataset, tuple(findings), (), _pooled(claim, findings))


def _only_on_real_data(found: Finding) -> Finding:
    reason = Reason("the claim is about real data, which need a licence; drawn data are no test of it")
    return Finding(found.dataset, Verdict.IMPOSSIBLE, found.measure, (reason,))


def _pooled(claim: Claim, findings: Sequence[Finding]) -> Interval | None:
    """The pooled effect by the claim's first measure, of data sets whose comparisons are free of reasons."""
    first = str(claim.parts[0].measure)
    usable = [one for one in findings if one.measure == first and one.p is not None and len(one.effects) > 1]
    several = claim.kind in PAIRED and len({one.dataset for one in usable}) > 1
    return pooled([one.effects for one in usable]) if several else None
