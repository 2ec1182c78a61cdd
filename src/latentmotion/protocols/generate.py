"""generate: nothing is held; content and motion come from the priors; models that take an action are given one.

It stands in the tables for models without an encoder (MoCoGAN), which cannot enter motion-prior.
"""

from latentmotion import model as contract
from latentmotion.protocols import Codes, Generated
from latentmotion.training.seeds import normal

NAME = "generate"
NEEDS = frozenset({contract.SAMPLE_CONTENT, contract.SAMPLE_MOTION})


def generate(model, own: Codes, partner: Codes, ids, seed: int) -> Generated:
    content = model.sample_content(normal(ids, model.content_noise, seed, NAME, "content").to(own.action.device))
    noise = normal(ids, model.motion_noise(own.frames), seed, NAME, "motion").to(own.action.device)
    motion = model.sample_motion(own.action, own.frames, noise)
    asked = "own" if contract.ACTION_MOTION in model.capabilities else None
    return Generated(model.decode(content, motion), motion=asked, content=None)
