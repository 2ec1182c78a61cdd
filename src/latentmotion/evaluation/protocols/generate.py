"""generate: nothing is held; content and motion come from the priors; models that take an action are given one.

Judged by classifiers, it stands in the tables for models without an encoder (MoCoGAN), which cannot enter motion-prior.
Measured, it is the Frechet video distance of Hamiltonian GAN, section 5.2, on each network that stands by.
"""

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor

from latentmotion.core.errors import UserError
from latentmotion.core.keyed_random import normal
from latentmotion.data.prepared import Split
from latentmotion.evaluation.metrics.frechet_distance import frechet_distance
from latentmotion.evaluation.protocols.base import BATCH, Codes, Generated, Trial, in_batches
from latentmotion.models import base as contract

NAME = "generate"
NEEDS = frozenset({contract.SAMPLE_CONTENT, contract.SAMPLE_MOTION})


def generate(model, own: Codes, partner: Codes, ids, seed: int) -> Generated:
    asked = "own" if contract.ACTION_MOTION in model.capabilities else None
    return Generated(_sample(model, own.action, own.frames, ids, seed), motion=asked, content=None)


def measure(trial: Trial) -> dict[str, float]:
    """As many generated videos as `generate.videos` says against as many of the test split.

    Frechet distances (metrics/frechet_distance.py) by `identifier`; nothing where no network stands by.
    """
    if not trial.watchers:
        return {}
    real, generated = clips(trial, trial.split), quantised(trial)
    return {identifier(watcher, trial.settings): between(watcher, generated, real) for watcher in trial.watchers}


def scored(trial: Trial) -> int:
    """How many videos a distance is of."""
    return trial.settings["generate"]["videos"]


def identifier(watcher, settings: dict) -> str:
    """Network, number of videos and of their frames, how clips were taken from trajectories, what size is looked at.

    A Frechet distance depends on each of them, so none is left to be guessed: `fvd-judge:2048x16:random-clip:32px`.
    """
    wanted = settings["generate"]
    return f"{watcher.name}:{wanted['videos']}x{wanted['frames']}:random-clip:{watcher.resizing}"


def clips(trial: Trial, split: Split) -> Tensor:
    """The first videos of a split, (N, T, C, H, W) uint8: one clip of each trajectory, from a random frame on.

    Raises UserError that names the key where the split has too few, or too short ones.
    """
    wanted = trial.settings["generate"]
    for key, known in (("videos", len(split)), ("frames", split.x.shape[1])):
        if known < wanted[key]:
            raise UserError(
                f"key 'evaluation.generate.{key}': {wanted[key]}, but {split.name} has {known}; "
                "lower it or prepare more"
            )
    return torch.from_numpy(np.array(split.x[: wanted["videos"], : wanted["frames"]]))


def quantised(trial: Trial) -> Tensor:
    """The videos that a distance is of, (N, T, C, H, W) uint8."""
    return drawn(trial, trial.settings["generate"]["videos"], trial.settings["generate"]["frames"])


def drawn(trial: Trial, count: int, frames: int) -> Tensor:
    """Generated videos (N, T, C, H, W) as uint8, which the real ones are; the noise of each is keyed by its number."""
    actions = torch.from_numpy(trial.split.labels["action"]).to(trial.device)
    parts = []
    for ids in in_batches(count):
        x = _sample(trial.model, actions[ids], frames, ids, trial.seed).float()
        if not torch.isfinite(x).all():
            raise UserError("generate: a generated video holds numbers that are not finite; train the model again")
        parts.append(((x.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8).cpu())
    return torch.cat(parts)


def between(watcher, first: Tensor, second: Tensor) -> float:
    """The Frechet distance of two sets of videos, (N, T, C, H, W) uint8 each, in the features of one network."""
    try:
        return frechet_distance(*(np.concatenate(list(_features(watcher, videos))) for videos in (first, second)))
    except ValueError as error:
        raise UserError(f"{watcher.name}: {error}") from None


def _features(watcher, videos: Tensor) -> Iterable[np.ndarray]:
    return (watcher.features(part) for part in videos.split(BATCH))


def _sample(model, action: Tensor, frames: int, ids: np.ndarray, seed: int) -> Tensor:
    content = model.sample_content(normal(ids, model.content_noise, seed, NAME, "content").to(action.device))
    noise = normal(ids, model.motion_noise(frames), seed, NAME, "motion").to(action.device)
    return model.decode(content, model.sample_motion(action, frames, noise))
