"""reconstruction-distance: the Frechet distance between real videos and their reconstructions (Hamiltonian GAN, 1)

The paper states that autoencoders of videos with a Gaussian prior on a large phase space, such as HGN, reconstruct and
sample poorly. If reconstructions are far nearer to real videos than samples are (`generate`), it is the prior that does
not match; if reconstructions are as far, it is the decoder. The squared error is measured by reconstruct.
"""

import numpy as np
import torch

from latentmotion.core.pixels import to_uint8
from latentmotion.evaluation.protocols import generate
from latentmotion.evaluation.protocols.base import EvaluationContext, in_batches
from latentmotion.models import base as contract

NAME = "reconstruction-distance"
NEEDS = frozenset({contract.ENCODE})
DATASETS = ("double_pendulum", "mass_spring", "pendulum", "three_body", "two_body")

scored = generate.scored


def applies(context: EvaluationContext) -> bool:
    """To sequences that the model has encoded, where a network is loaded that extracts features of videos."""
    encoded = context.codes is not None and context.codes.motion is not None
    return encoded and bool(context.feature_extractors)


def measure(context: EvaluationContext) -> dict[str, float]:
    """`identifier`:reconstructed -> the Frechet distance, for each network that is loaded.

    The videos are the real ones of `generate`, so that the distance of samples can be compared with it.
    """
    real, codes, wanted = generate.clips(context, context.split), context.codes, context.settings["generate"]
    parts = [
        to_uint8(context.model.decode(codes.content[ids], codes.motion[ids, : wanted["frames"]]))
        for ids in in_batches(wanted["videos"])
    ]
    reconstructed = torch.from_numpy(np.concatenate(parts))
    return {
        f"{generate.identifier(extractor, context.settings)}:reconstructed": generate.between(
            extractor, reconstructed, real
        )
        for extractor in context.feature_extractors
    }
