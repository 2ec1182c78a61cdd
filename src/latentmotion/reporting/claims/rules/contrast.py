"""contrast: every run of some models is on one side of a bound, and every run of some others on the other side.

The bound of the others is `margin_than` where it is given. A seed clears the claim where the runs of all models do what
the claim says. Upheld: all common seeds clear it; contradicted: none does; else mixed.
"""

from latentmotion.reporting.claims.bounds import clear, finding
from latentmotion.reporting.claims.claim import Claim
from latentmotion.reporting.claims.evidence import Evidence
from latentmotion.reporting.claims.findings import Finding


def judge(claim: Claim, dataset: str, evidence: Evidence) -> list[Finding]:
    """One finding for each model and measure; all share one verdict, since the claim is about the contrast."""
    sides = [*((model, "better") for model in claim.better), *((model, "than") for model in claim.than)]
    here = [(model, side) for model, side in sides if evidence.trains(model, dataset)]
    return finding(claim, dataset, [clear(claim, dataset, evidence, model, side) for model, side in here])
