"""content-prior: motion of test sequences, content from the prior (DSVAE, S3VAE: f ~ N(0, I) at fixed z_1:T)."""

from latentmotion import model as contract
from latentmotion.protocols import Generated
from latentmotion.training.seeds import normal

NAME = "content-prior"
NEEDS = frozenset({contract.ENCODE, contract.SAMPLE_CONTENT})


def generate(model, x, action, ids, partner, seed) -> Generated:
    _, motion = model.encode(x, action)
    content = model.sample_content(normal(ids, model.content_noise, seed, NAME).to(x.device))
    return Generated(model.decode(content, motion), motion="own", content=None)
