"""image-to-sequence: the first frame of a test sequence is continued with another action (HALO, section 4.1, figure 6).

Content and state are inferred from this frame alone, in the subspace of the given action, which is that of the
sequence's partner in motion-swap. With the sequence's own action, a model that recognises the action from the pose in
the first frame would score well.
"""

from latentmotion.evaluation.protocols.base import Codes, EvaluationContext, Generated
from latentmotion.models import base as contract

NAME = "image-to-sequence"
NEEDS = frozenset({contract.PREDICT, contract.ACTION_MOTION})


def applies(context: EvaluationContext) -> bool:
    """To data sets whose first frames are not hidden."""
    return bool(context.split.seen.all())


def generate(model, own: Codes, partner: Codes, ids, seed: int) -> Generated:
    """Sequences that should have the given action and the content labels of the test sequences."""
    return Generated(model.predict(own.first, own.frames, partner.action), motion="partner", content="own")
