"""generate: content and motion from the priors. A model that takes an action is given that of a test sequence.

The judges classify the videos of all models; tables show this for models without an encoder (MoCoGAN), which cannot
enter motion-prior. The measured metric is the Frechet video distance of Hamiltonian GAN, section 5.2, for each loaded
network.
"""

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor

from latentmotion.core.errors import UserError
from latentmotion.core.keyed_random import normal
from latentmotion.data.prepared import Split
from latentmotion.evaluation.metrics.frechet_distance import frechet_distance
from latentmotion.evaluation.protocols.base import BATCH, Codes, EvaluationContext, Generated, in_batches
from latentmotion.models import base as contract

NAME = "generate"
NEEDS = frozenset({contract.SAMPLE_CONTENT, contract.SAMPLE_MOTION})


def generate(model, own: Codes, partner: Codes, ids, seed: int) -> Generated:
    """Videos that should have the given action."""
    origin = "own" if contract.ACTION_MOTION in model.capabilities else None
    return Generated(_sample(model, own.action, own.frames, ids, seed), motion=origin, content=None)


def measure(context: EvaluationContext) -> dict[str, float]:
    """`identifier` -> Frechet distance (metrics/frechet_distance.py), for each network that is loaded.

    The setting `generate.videos` is the number of generated videos and of test videos.
    """
    if not context.feature_extractors:
        return {}
    real, generated = clips(context, context.split), quantised(context)
    return {
        identifier(extractor, context.settings): between(extractor, generated, real)
        for extractor in context.feature_extractors
    }


def scored(context: EvaluationContext) -> int:
    """The number of videos in each of the two compared sets."""
    return context.settings["generate"]["videos"]


def identifier(extractor, settings: dict) -> str:
    """Everything on which a Frechet distance depends, such as `fvd-judge:2048x16:random-clip:32px`.

    These are the network, the number of videos and of their frames, how clips were taken from trajectories, and the
    size of the network's input.
    """
    wanted = settings["generate"]
    return f"{extractor.name}:{wanted['videos']}x{wanted['frames']}:random-clip:{extractor.resizing}"


def clips(context: EvaluationContext, split: Split) -> Tensor:
    """The first videos of a split, (N, T, C, H, W) uint8; each is a clip of a trajectory that starts at a random frame.

    Raises UserError, which names the key, where the split has too few videos or they are too short.
    """
    wanted = context.settings["generate"]
    for key, known in (("videos", len(split)), ("frames", split.x.shape[1])):
        if known < wanted[key]:
            raise UserError(
                f"key 'evaluation.generate.{key}': {wanted[key]}, but {split.name} has {known}; "
                "lower it or prepare more"
            )
    return torch.from_numpy(np.array(split.x[: wanted["videos"], : wanted["frames"]]))


def quantised(context: EvaluationContext) -> Tensor:
    """The generated videos of which the distance is measured, (N, T, C, H, W) uint8."""
    return drawn(context, context.settings["generate"]["videos"], context.settings["generate"]["frames"])


def drawn(context: EvaluationContext, count: int, frames: int) -> Tensor:
    """Generated videos (N, T, C, H, W), uint8 like the real ones. The noise of each is keyed by its index.

    Their actions are those of the scored sequences, in turn.
    """
    actions = torch.from_numpy(context.split.labels["action"]).to(context.device)
    parts = []
    for ids in in_batches(count):
        x = _sample(context.model, actions[ids % len(actions)], frames, ids, context.seed).float()
        if not torch.isfinite(x).all():
            raise UserError("generate: a generated video holds numbers that are not finite; train the model again")
        parts.append(((x.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8).cpu())
    return torch.cat(parts)


def between(extractor, first: Tensor, second: Tensor) -> float:
    """The Frechet distance between two sets of videos, (N, T, C, H, W) uint8 each, in the features of one network."""
    try:
        return frechet_distance(*(np.concatenate(list(_features(extractor, videos))) for videos in (first, second)))
    except ValueError as error:
        raise UserError(f"{extractor.name}: {error}") from None


def _features(extractor, videos: Tensor) -> Iterable[np.ndarray]:
    return (extractor.features(part) for part in videos.split(BATCH))


def _sample(model, action: Tensor, frames: int, ids: np.ndarray, seed: int) -> Tensor:
    content = model.sample_content(normal(ids, model.content_noise, seed, NAME, "content").to(action.device))
    noise = normal(ids, model.motion_noise(frames), seed, NAME, "motion").to(action.device)
    return model.decode(content, model.sample_motion(action, frames, noise))
