"""motion-swap: the motion of test sequence A with the content of test sequence B (HALO, section 4.1).

A and B are of different groups, so that they never show the same character.
"""

from latentmotion.evaluation.protocols.base import Codes, Generated
from latentmotion.models import base as contract

NAME = "motion-swap"
NEEDS = frozenset({contract.ENCODE})


def generate(model, own: Codes, partner: Codes, ids, seed: int) -> Generated:
    """Sequences that should have the action of A and the content labels of B."""
    return Generated(model.decode(partner.content, own.motion), motion="own", content="partner")
