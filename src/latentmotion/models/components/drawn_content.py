"""Content codes are replaced by draws from N(0, I) before they are decoded, at first all of them and later a share.

The decoder then learns to read from the motion whatever it can read there, because some contents say nothing. Without
this, all that is constant in a sequence, its action included, may go into the content: in R-WAE the content costs
nothing, and in DSVAE it costs as much as the motion. Generation decodes contents of the prior in the same way.
"""

import math
from typing import Literal

import torch
from torch import Tensor

from latentmotion.core.parallel_random import exponential_like, normal_like, shuffled

Source = Literal["prior", "batch", "both"]


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


def with_drawn(content: Tensor, share: float, source: Source = "prior") -> tuple[Tensor, Tensor]:
    """Replaces a random share of the codes (B, Z). Returns the codes, and 1 for each that is its own (B,).

    Arguments:
        source: draws are normal (`prior`), or the contents of other sequences of the batch (`batch`), which the decoder
            cannot tell from a sequence's own, or each with probability 1/2 (`both`).
    """
    if share <= 0.0:
        return content, torch.ones_like(content[:, 0])
    # An exponential number exceeds -ln(share) with probability `share`.
    number = exponential_like(content[:, 0])
    replaced = number > -math.log(share)
    drawn = shuffled(content.detach()) if source == "batch" else normal_like(content)
    if source == "both":
        drawn = torch.where((number > -math.log(share / 2))[:, None], shuffled(content.detach()), drawn)
    return torch.where(replaced[:, None], drawn, content), (~replaced).to(content.dtype)
