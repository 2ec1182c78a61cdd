"""Protocols: what is held, what is sampled, what is judged (design: one file a protocol).

A protocol module has `NAME`, `NEEDS` (capabilities of a model) and

    generate(model, own, partner, ids, seed) -> Generated

where `own` are the codes of test sequences, ids their positions in the split, and `partner` the codes of another test
sequence for each of them (motion-swap). Noise is keyed by (seed, protocol, id): scores do not depend on the batch.
"""

from dataclasses import dataclass

from torch import Tensor

MODULES = ("motion_prior", "motion_swap", "content_prior", "generate")


@dataclass
class Codes:
    """Content (B, Z), motion (B, T, M) and action (B,) of some test sequences; None where the model encodes nothing."""

    content: Tensor | None
    motion: Tensor | None
    action: Tensor
    frames: int


@dataclass
class Generated:
    """Sequences to judge, and where each of their labels should come from.

    `motion` and `content` are "own" (the test sequence itself), "partner" (the other sequence) or None (nothing was
    held that could decide the label, so no accuracy is measured).
    """

    x: Tensor
    motion: str | None
    content: str | None
