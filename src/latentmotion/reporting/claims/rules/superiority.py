"""superiority: one model is better than another one, by more than a margin.

For each pair of models and each measure, the effects of the common seeds give a 95 % t interval and a two-sided
p-value; with the correction `holm`, the p-values of all comparisons on one data set are adjusted together. Upheld: p is
below 0.05 on the claimed side, and the mean effect is beyond the margin. Contradicted: p is below 0.05 on the other
side. In both cases the model that is ahead must not have seen more training sequences, and the agreeing measures must
be on the same side.
"""

from latentmotion.reporting.claims.claim import Claim
from latentmotion.reporting.claims.evidence import Evidence, Reason
from latentmotion.reporting.claims.findings import Finding, Verdict
from latentmotion.reporting.claims.pairs import Comparison, comparisons, p_values
from latentmotion.reporting.claims.statistics import LEVEL, t_test


def judge(claim: Claim, dataset: str, evidence: Evidence) -> list[Finding]:
    """One finding for each pair and measure."""
    found = comparisons(claim, dataset, evidence)
    tested = p_values(claim, found, lambda one: t_test(one.effects))
    return [_decide(one, p) for one, p in zip(found, tested, strict=True)]


def _decide(found: Comparison, p: float) -> Finding:
    if found.reasons:
        return found.finding(Verdict.UNDECIDED)
    if p >= LEVEL:
        return found.finding(Verdict.UNDECIDED, (Reason("the difference may be chance"),), p)
    if against := (*found.advantage(), *found.disagreements()):
        return found.finding(Verdict.UNDECIDED, against, p)
    if found.claimed < 0:
        return found.finding(Verdict.CONTRADICTED, (), p)
    if found.claimed <= found.margin:
        return found.finding(Verdict.UNDECIDED, (Reason(f"the difference is not beyond {found.part.margin}"),), p)
    return found.finding(Verdict.UPHELD, (), p)
