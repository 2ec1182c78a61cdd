"""image-to-sequence: the first frame of a test sequence, continued as another action (HALO, section 4.1, figure 6).

Content and state are inferred from that one frame, in the subspace of the action that is asked for: the partner's, as
in motion-swap. Asked for its own, a model that reads the action off the pose of the first frame would answer right.
"""

from latentmotion.evaluation.protocols.base import Codes, Generated, Trial
from latentmotion.models import base as contract

NAME = "image-to-sequence"
NEEDS = frozenset({contract.PREDICT, contract.ACTION_MOTION})


def applies(trial: Trial) -> bool:
    """The first frame must be there to be shown."""
    return bool(trial.split.seen.all())


def generate(model, own: Codes, partner: Codes, ids, seed: int) -> Generated:
    return Generated(model.predict(own.first, own.frames, partner.action), motion="partner", content="own")
