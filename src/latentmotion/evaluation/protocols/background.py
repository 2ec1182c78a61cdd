"""background: how much of a distance between videos is due to the colour of the background? (Hamiltonian GAN, 5.2)

On three bodies HGN has the smaller distance, and the paper explains it by a closer background colour, while the bodies
of HGAN look better. Here every pixel that belongs to the background, in generated and in real videos alike, gets the
true colour of the background, and the distance is taken again. Which pixels these are is decided as in tracking, whose
metrics right_number and good_frames tell of the bodies.
"""

import numpy as np
import torch

from latentmotion.data.physics.rendering import BACKGROUND
from latentmotion.data.physics.tracker import is_background
from latentmotion.evaluation.protocols import generate, tracking
from latentmotion.evaluation.protocols.base import EvaluationContext
from latentmotion.models import base as contract

NAME = "background"
NEEDS = frozenset({contract.SAMPLE_CONTENT, contract.SAMPLE_MOTION})
DATASETS = ("three_body",)

applies, scored = tracking.applies, generate.scored


def measure(context: EvaluationContext) -> dict[str, float]:
    """`identifier`:true-background: the Frechet distance after the background has its true colour, for each network
        that is loaded.
    background_error: the root mean square difference between a pixel of the background of generated videos and its true
        colour, over pixels and channels, for intensities in [0, 1]. `real_background_error`: the same of real videos.
    """
    colours = tracking.appearance(context)[2].colours
    generated, generated_error = cleaned(generate.quantised(context).numpy(), colours)
    real, real_error = cleaned(generate.clips(context, context.split).numpy(), colours)
    distances = {
        f"{generate.identifier(extractor, context.settings)}:true-background": generate.between(
            extractor, torch.from_numpy(generated), torch.from_numpy(real)
        )
        for extractor in context.feature_extractors
    }
    return distances | {"background_error": generated_error, "real_background_error": real_error}


def cleaned(videos: np.ndarray, colours: np.ndarray) -> tuple[np.ndarray, float]:
    """Videos (N, T, 3, S, S) uint8 with the true background, and the error of the background that they had."""
    true = np.array(BACKGROUND)
    level = np.round(255 * true).astype(np.uint8)
    out, squared, count = videos.copy(), 0.0, 0
    for video in out:
        pixels = np.moveaxis(video, 1, -1)  # a view (T, S, S, 3)
        chosen = is_background(video, colours)
        squared += float(((pixels[chosen] / 255 - true) ** 2).sum())
        count += 3 * int(chosen.sum())
        pixels[chosen] = level
    return out, (squared / count) ** 0.5 if count else 0.0
