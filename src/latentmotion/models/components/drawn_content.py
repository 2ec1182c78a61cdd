"""Content codes are replaced by draws from N(0, I) before they are decoded, at first all of them and later a share.

The decoder then learns to read from the motion whatever it can read there, because some contents say nothing. Without
this, all that is constant in a sequence, its action included, may go into the content: in R-WAE the content costs
nothing, and in DSVAE it costs as much as the motion. Generation decodes contents of the prior in the same way.
"""

import math

import torch
from torch import Tensor

from latentmotion.core.parallel_random import exponential_like, normal_like


def drawn_share(progress: float, closed: float, drawn: float, until: float = 1.0) -> float:
    """The share of sequences whose content is drawn from N(0, I) at this point of the training.

    In the very first step none is drawn: the loop refuses a model some of whose parameters get no gradient at first.

    Arguments:
        progress: the share of the training that is done.
        closed: up to this share of the training every content is drawn.
        drawn: from then on this share of the sequences has its content drawn.
        until: from this share of the training on no content is drawn.
    """
    if progress == 0:
        return 0.0
    if progress < closed:
        return 1.0
    return drawn if progress < until else 0.0


def with_drawn(content: Tensor, share: float) -> tuple[Tensor, Tensor]:
    """Replaces a random share of the codes (B, Z) by draws. Returns the codes, and 1 for each that is its own (B,)."""
    if share <= 0.0:
        return content, torch.ones_like(content[:, 0])
    # An exponential number exceeds -ln(share) with probability `share`.
    replaced = exponential_like(content[:, 0]) > -math.log(share)
    return torch.where(replaced[:, None], normal_like(content), content), (~replaced).to(content.dtype)
