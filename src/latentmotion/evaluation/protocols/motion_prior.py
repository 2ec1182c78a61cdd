"""motion-prior: the content of test sequences, motion from the prior (HALO, section 4.1, 'Quantitative Evaluation').

The model is given the action of another test sequence, its partner in motion-swap. With the sequence's own action, a
model whose content code contains the motion would score well without separating the two. For a model whose prior takes
no action, only the entropies of its samples are measured.
"""

from latentmotion.core.keyed_random import normal
from latentmotion.evaluation.protocols.base import Codes, Generated
from latentmotion.models import base as contract

NAME = "motion-prior"
NEEDS = frozenset({contract.ENCODE, contract.SAMPLE_MOTION})


def generate(model, own: Codes, partner: Codes, ids, seed: int) -> Generated:
    """Sequences that should have the given action and the content labels of the test sequences."""
    noise = normal(ids, model.motion_noise(own.frames), seed, NAME).to(own.action.device)
    motion = model.sample_motion(partner.action, own.frames, noise)
    origin = "partner" if contract.ACTION_MOTION in model.capabilities else None
    return Generated(model.decode(own.content, motion), motion=origin, content="own")
