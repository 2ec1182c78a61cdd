"""motion-prior-own: motion-prior with the action of the test sequence itself instead of its partner's.

The public code of HALO asks for the sequence's own action. A model whose content code contains the action scores well
here even if it ignores the action that it is asked for; motion-prior tells the two apart.
"""

from latentmotion.core.keyed_random import normal
from latentmotion.evaluation.protocols.base import Codes, Generated
from latentmotion.models import base as contract

NAME = "motion-prior-own"
NEEDS = frozenset({contract.ENCODE, contract.SAMPLE_MOTION, contract.ACTION_MOTION})
DATASETS = ("faces", "sprites")


def generate(model, own: Codes, partner: Codes, ids, seed: int) -> Generated:
    """Sequences that should have the action and the content labels of the test sequences."""
    noise = normal(ids, model.motion_noise(own.frames), seed, NAME).to(own.action.device)
    motion = model.sample_motion(own.action, own.frames, noise)
    return Generated(model.decode(own.content, motion), motion="own", content="own")
