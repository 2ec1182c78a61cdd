"""The picture that a training leaves: real sequences, their reconstructions, and samples of the model."""

import io

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from latentmotion.core.keyed_random import normal
from latentmotion.core.pixels import to_uint8
from latentmotion.models import base as contract


def strip(sequences: np.ndarray) -> np.ndarray:
    """(N, T, C, H, W) uint8 -> one picture (N H, T W, 3) with one row for each sequence."""
    n, t, c, h, w = sequences.shape
    picture = sequences.transpose(0, 3, 1, 4, 2).reshape(n * h, t * w, c)
    return picture if c == 3 else np.repeat(picture, 3, axis=2)


@torch.no_grad()
def reconstructions(network: contract.SequenceModel, batch: contract.Batch, seed: int) -> bytes:
    """A PNG file: rows of originals, of their reconstructions (models with an encoder), and of samples from the priors.

    A model that completes hidden frames shows its completions in place of reconstructions.
    """
    rows = [_pictures(batch.x)]
    length = batch.x.shape[1]
    if contract.COMPLETE in network.capabilities:
        rows.append(_pictures(network.complete(batch)))
    elif contract.ENCODE in network.capabilities:
        rows.append(_pictures(network.decode(*network.encode(batch.x, batch.action))))
    if {contract.SAMPLE_CONTENT, contract.SAMPLE_MOTION} <= network.capabilities:
        ids = np.arange(len(batch.x))
        content = normal(ids, network.content_noise, seed, "samples", "content").to(batch.x.device)
        motion = normal(ids, network.motion_noise(length), seed, "samples", "motion").to(batch.x.device)
        motion = network.sample_motion(batch.action, length, motion)
        rows.append(_pictures(network.decode(network.sample_content(content), motion)))
    file = io.BytesIO()
    Image.fromarray(strip(np.concatenate(rows))).save(file, "PNG")
    return file.getvalue()


def _pictures(x: Tensor) -> np.ndarray:
    """Frames as uint8. Sound and states (B, T, F) become one picture each, with time along the width.

    The first of the F numbers is the lowest row. Black is -3 and white is 3: three standard deviations of standardised
    sound.
    """
    return to_uint8(x if x.ndim == 5 else x.transpose(1, 2).flip(1)[:, None, None] / 3)
