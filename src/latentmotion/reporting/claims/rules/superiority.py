"""superiority: one model is better than another one, by more than a margin.

For each pair of models and each measure, the effects of the common seeds give a 95 % t interval and a two-sided
p-value; with the correction `holm`, the p-values of all comparisons on one data set are adjusted together. Where fewer
seeds were looked at before, p is multiplied by the number of looks. Upheld: p is below 0.05 on the claimed side, and
the mean effect is beyond the margin. Contradicted: p is below 0.05 on the other side. In both cases the model that is
ahead must not have seen more training sequences, and the agreeing measures must be on the same side.

Contradicted, too: the difference may be chance, and an effect as large as the margin can be excluded. This is a
one-sided test at 0.05 that the effect is below the margin, adjusted in the same way (the smallest effect of interest
is rejected: Lakens, 2017). Both models must have seen equally many sequences, and the margin must not be 0.
"""

from latentmotion.reporting.claims.claim import Claim
from latentmotion.reporting.claims.evidence import Evidence, Reason
from latentmotion.reporting.claims.findings import Finding, Verdict
from latentmotion.reporting.claims.pairs import Comparison, comparisons, p_values
from latentmotion.reporting.claims.statistics import LEVEL, t_test, t_test_below


def judge(claim: Claim, dataset: str, evidence: Evidence) -> list[Finding]:
    """One finding for each pair and measure."""
    found = comparisons(claim, dataset, evidence)
    tested = p_values(claim, found, lambda one: t_test(one.effects))
    excluded = p_values(claim, found, lambda one: t_test_below(one.claimed_effects, one.margin))
    return [_decide(*one) for one in zip(found, tested, excluded, strict=True)]


def _decide(found: Comparison, p: float, excluded: float) -> Finding:
    """The finding on one pair.

    Arguments:
        p: of the test that there is no effect.
        excluded: p of the test that the effect is as large as the margin.
    """
    if found.reasons:
        return found.finding(Verdict.UNDECIDED)
    if p >= LEVEL:
        return _no_difference(found, p, excluded)
    if against := (*found.advantage(), *found.disagreements()):
        return found.finding(Verdict.UNDECIDED, against, p)
    if found.claimed < 0:
        return found.finding(Verdict.CONTRADICTED, (), p)
    if found.claimed <= found.margin:
        return found.finding(Verdict.UNDECIDED, (Reason(f"the difference is not beyond {found.part.margin}"),), p)
    return found.finding(Verdict.UPHELD, (), p)


def _no_difference(found: Comparison, p: float, excluded: float) -> Finding:
    if excluded >= LEVEL or found.margin == 0:
        return found.finding(Verdict.UNDECIDED, (Reason("the difference may be chance"),), p)
    if unequal := found.unequal():
        return found.finding(Verdict.UNDECIDED, unequal, p)
    text = f"no advantage was found, and one of {found.part.margin} can be excluded"
    return found.finding(Verdict.CONTRADICTED, (Reason(text, found.better), Reason(text, found.than)), p)
