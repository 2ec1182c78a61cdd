"""motion-swap: motion of test sequence A with the content of test sequence B (HALO, section 4.1).

B differs from A in group: a character never swaps with itself.
"""

from latentmotion.evaluation.protocols.base import Codes, Generated
from latentmotion.models import base as contract

NAME = "motion-swap"
NEEDS = frozenset({contract.ENCODE})


def generate(model, own: Codes, partner: Codes, ids, seed: int) -> Generated:
    return Generated(model.decode(partner.content, own.motion), motion="own", content="partner")
