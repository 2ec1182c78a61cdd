"""Protocols: what is held, what is sampled, what is judged (design: one file a protocol).

A protocol module has `NEEDS` (capabilities of a model), `HELD` and `SAMPLED` (words for tables) and

    generate(model, x, action, ids, partner, seed) -> Generated

where x (B, T, C, H, W) are test sequences, ids their positions in the test split, and `partner` gives, for each of
them, another test sequence (motion-swap). Noise is keyed by (seed, protocol, id): scores do not depend on the batch.
"""

from dataclasses import dataclass

import torch

MODULES = ("motion_prior", "motion_swap", "content_prior", "generate")


@dataclass
class Generated:
    """Sequences to judge, and where each of their labels should come from.

    `motion` and `content` are "own" (the test sequence itself), "partner" (the other sequence) or None (nothing was
    held that could decide the label, so no accuracy is measured).
    """

    x: torch.Tensor
    motion: str | None
    content: str | None
