"""non-inferiority: one model is at least as good as another one, up to a margin.

Upheld where the worse end of the 95 % t interval of the effects is better than the margin, contradicted where the whole
interval is worse, else undecided.
"""

from latentmotion.reporting.claims.claim import Claim
from latentmotion.reporting.claims.evidence import Evidence, Reason
from latentmotion.reporting.claims.findings import Finding, Verdict
from latentmotion.reporting.claims.pairs import Comparison, comparisons
from latentmotion.reporting.claims.statistics import t_interval


def judge(claim: Claim, dataset: str, evidence: Evidence) -> list[Finding]:
    """One finding for each pair and measure."""
    return [_decide(found) for found in comparisons(claim, dataset, evidence)]


def _decide(found: Comparison) -> Finding:
    if found.reasons:
        return found.finding(Verdict.UNDECIDED)
    interval = t_interval([effect if found.part.higher else -effect for effect in found.effects])
    if interval.low > -found.margin and found.budgets[0] > found.budgets[1]:
        return found.finding(Verdict.UNDECIDED, found.unequal())
    if interval.low > -found.margin:
        return found.finding(Verdict.UPHELD)
    if interval.high < -found.margin:
        return found.finding(Verdict.CONTRADICTED)
    return found.finding(Verdict.UNDECIDED, (Reason(f"the interval contains the margin of {found.part.margin}"),))
