"""equivalence: two models do equally well, up to a margin.

Two one-sided tests (TOST) of the effects of the common seeds: upheld where the 90 % interval lies within the margin on
both sides, contradicted where the 95 % interval lies wholly outside, else undecided. The correction `holm` adjusts the
p-values of all comparisons on one data set.
"""

from latentmotion.reporting.claims.claim import Claim
from latentmotion.reporting.claims.evidence import Evidence, Reason
from latentmotion.reporting.claims.findings import Finding, Verdict
from latentmotion.reporting.claims.pairs import Comparison, comparisons, p_values
from latentmotion.reporting.claims.statistics import LEVEL, t_interval, tost


def judge(claim: Claim, dataset: str, evidence: Evidence) -> list[Finding]:
    """One finding for each pair and measure."""
    found = comparisons(claim, dataset, evidence)
    tested = p_values(claim, found, lambda one: tost(one.effects, one.margin))
    return [_decide(one, p) for one, p in zip(found, tested, strict=True)]


def _decide(found: Comparison, p: float) -> Finding:
    if found.reasons or found.unequal():
        return found.finding(Verdict.UNDECIDED, found.unequal() if found.effects else ())
    if p < LEVEL:
        return found.finding(Verdict.UPHELD, (), p)
    interval = t_interval(found.effects)
    if interval.low > found.margin or interval.high < -found.margin:
        return found.finding(Verdict.CONTRADICTED, (), p)
    reason = Reason(f"the interval is neither within ± {found.part.margin} nor outside")
    return found.finding(Verdict.UNDECIDED, (reason,), p)
