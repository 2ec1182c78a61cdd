"""threshold: every run of a model reaches a bound, or stays below it.

A seed clears the claim where each measure is on the claimed side of its bound. Upheld: all seeds of a model clear it;
contradicted: none does; else mixed.
"""

from latentmotion.reporting.claims.bounds import clear, finding
from latentmotion.reporting.claims.claim import Claim
from latentmotion.reporting.claims.evidence import Evidence
from latentmotion.reporting.claims.findings import Finding


def judge(claim: Claim, dataset: str, evidence: Evidence) -> list[Finding]:
    """One finding for each of the better models and each measure; those of one model share its verdict."""
    return [
        one
        for model in claim.better
        if evidence.trains(model, dataset)
        for one in finding(claim, dataset, [clear(claim, dataset, evidence, model, "better")])
    ]
