"""other-time-steps: generated videos at other time steps and backwards in time (Hamiltonian GAN, abstract)

The states of a learnt Hamiltonian are rolled out with half and with double the time step of the training, and
backwards. Real videos are treated alike: every second frame is kept for the double step, and frames are reversed. With
half the step, the frames between those of the training are compared with real videos, whose phases are random.
"""

import numpy as np
import torch
from torch import Tensor

from latentmotion.core.keyed_random import normal
from latentmotion.core.pixels import to_uint8
from latentmotion.evaluation.protocols.base import EvaluationContext, in_batches
from latentmotion.evaluation.protocols.generate import between, clips
from latentmotion.models import base as contract

NAME = "other-time-steps"
NEEDS = frozenset({contract.SAMPLE_CONTENT, contract.SAMPLE_STATE})
DATASETS = ("mass_spring", "pendulum")


def applies(context: EvaluationContext) -> bool:
    """To videos of simulated systems, where a network is loaded that extracts features of videos."""
    return "constants" in context.facts and bool(context.feature_extractors)


def scored(context: EvaluationContext) -> int:
    """The number of videos in each of the two compared sets."""
    return context.settings["generate"]["videos"]


def measure(context: EvaluationContext) -> dict[str, float]:
    """Frechet distances, each named `<network>:<videos>x<frames>:random-clip:<size>:<way>`. The ways are:

    forward: the training's step, to compare `half` and `reverse` with.
    half: frames at 1/2, 3/2, ... of a step, rolled out with half a step.
    reverse: rolled out backwards, against reversed real videos.
    every-second: rolled out with the training's step, of which every second frame is kept, against such real videos, to
        compare `double` with.
    double: rolled out with double the step, against the same real videos.

    A network that needs more frames than half of a video has no `every-second` and `double`.
    """
    wanted = context.settings["generate"]
    real, frames, count = clips(context, context.split), wanted["frames"], wanted["videos"]
    few = (frames + 1) // 2
    pairs = {
        "forward": (_rolled(context, count, frames, 1.0), real),
        "half": (_rolled(context, count, 2 * frames, 0.5)[:, 1::2], real),
        "reverse": (_rolled(context, count, frames, -1.0), real.flip(1)),
        "double": (_rolled(context, count, few, 2.0), real[:, ::2]),
    }
    pairs["every-second"] = pairs["forward"][0][:, ::2], real[:, ::2]
    metrics = {}
    for extractor in context.feature_extractors:
        for way, (generated, others) in pairs.items():
            if others.shape[1] >= getattr(extractor, "fewest", 1):
                size = f"{count}x{others.shape[1]}:random-clip:{extractor.resizing}"
                metrics[f"{extractor.name}:{size}:{way}"] = between(extractor, generated, others)
    return metrics


def _rolled(context: EvaluationContext, count: int, frames: int, step: float) -> Tensor:
    """Videos (count, frames, C, H, W) uint8, the same states and contents for every step."""
    model, parts = context.model, []
    for ids in in_batches(count):
        state, content = (
            normal(ids, numbers, context.seed, NAME, purpose).to(context.device)
            for numbers, purpose in ((model.state_noise, "state"), (model.content_noise, "content"))
        )
        path = model.roll_out(model.sample_state(state), frames, step)
        x = model.decode(model.sample_content(content), model.motion_of(path))
        parts.append(to_uint8(x.nan_to_num(0)))
    return torch.from_numpy(np.concatenate(parts))
