"""motion-prior: content of test sequences, motion from the prior (HALO, section 4.1, 'Quantitative Evaluation').

The action asked for is that of another test sequence, as drawn for motion-swap: asked for its own, a model whose
content has swallowed the motion would answer right. A model whose prior knows no actions is asked for none, and only
the entropies of its samples are measured.
"""

from latentmotion.core.keyed_random import normal
from latentmotion.evaluation.protocols.base import Codes, Generated
from latentmotion.models import base as contract

NAME = "motion-prior"
NEEDS = frozenset({contract.ENCODE, contract.SAMPLE_MOTION})


def generate(model, own: Codes, partner: Codes, ids, seed: int) -> Generated:
    noise = normal(ids, model.motion_noise(own.frames), seed, NAME).to(own.action.device)
    motion = model.sample_motion(partner.action, own.frames, noise)
    asked = "partner" if contract.ACTION_MOTION in model.capabilities else None
    return Generated(model.decode(own.content, motion), motion=asked, content="own")
