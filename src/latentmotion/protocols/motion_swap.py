"""motion-swap: motion of test sequence A with the content of test sequence B (HALO, section 4.1).

B differs from A in group: a character never swaps with itself.
"""

from latentmotion import model as contract
from latentmotion.protocols import Generated

NAME = "motion-swap"
NEEDS = frozenset({contract.ENCODE})


def generate(model, x, action, ids, partner, seed) -> Generated:
    _, motion = model.encode(x, action)
    content, _ = model.encode(*partner)
    return Generated(model.decode(content, motion), motion="own", content="partner")
