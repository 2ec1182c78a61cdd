"""content-prior: motion of test sequences, content from the prior (DSVAE, S3VAE: f ~ N(0, I) at fixed z_1:T)."""

from latentmotion.core.keyed_random import normal
from latentmotion.evaluation.protocols.base import Codes, Generated
from latentmotion.models import base as contract

NAME = "content-prior"
NEEDS = frozenset({contract.ENCODE, contract.SAMPLE_CONTENT})


def generate(model, own: Codes, partner: Codes, ids, seed: int) -> Generated:
    content = model.sample_content(normal(ids, model.content_noise, seed, NAME).to(own.action.device))
    return Generated(model.decode(content, own.motion), motion="own", content=None)
