"""content-prior: the motion of test sequences with content from the prior.

DSVAE and S3VAE are evaluated so: f ~ N(0, I) while z_1:T is fixed.
"""

from latentmotion.core.keyed_random import normal
from latentmotion.evaluation.protocols.base import Codes, Generated
from latentmotion.models import base as contract

NAME = "content-prior"
NEEDS = frozenset({contract.ENCODE, contract.SAMPLE_CONTENT})


def generate(model, own: Codes, partner: Codes, ids, seed: int) -> Generated:
    """Sequences that should have the action of the test sequences."""
    content = model.sample_content(normal(ids, model.content_noise, seed, NAME).to(own.action.device))
    return Generated(model.decode(content, own.motion), motion="own", content=None)
