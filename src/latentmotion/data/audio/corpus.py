"""Prepares data sets of speech: utterances are cut into segments of standardised log-magnitude spectrograms.

A segment is a number of successive frames, 20 frames of 10 ms as in Hsu et al. (2017) and Li and Mandt (2018).
Utterances of validation and test are cut from their beginning into segments that do not overlap. In training utterances
a segment begins every `shift` frames. The rest at the end is dropped. Hsu et al. choose the training segments at random
in every epoch; here they are fixed, and a shift below `frames` gives more of the possible segments.

The group of a segment is its utterance, so that utterance means are means over a group.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from latentmotion.core.errors import UserError
from latentmotion.data.audio.codec import Codec
from latentmotion.data.audio.spectrogram import Spectrogram
from latentmotion.data.sequences import LabelSpec, Sequences


@dataclass(frozen=True)
class Utterances:
    """What is known about U utterances.

    Attributes:
        labels: name -> (U,) integers.
        specs: name -> meaning of the label.
        ids: (U,) integers, different for all utterances.
        split: (U,) strings, train, validation or test.
    """

    labels: dict[str, np.ndarray]
    specs: dict[str, LabelSpec]
    ids: np.ndarray
    split: np.ndarray


def prepare(
    sounds: Iterable[np.ndarray], utterances: Utterances, spectrogram: Spectrogram, settings: dict, facts: dict
) -> Sequences:
    """All segments, (N, frames, size) float32, standardised over the training utterances.

    Arguments:
        sounds: the samples (n,) of every utterance, in order; only one utterance is in memory at a time.
        settings: `frames`, the length of a segment, and the option `shift`, the number of frames between the beginnings
            of two training segments.

    An utterance that is shorter than a segment is left out; the facts hold the number of such utterances. Raises
    UserError where no training utterance is as long as a segment, and for a frequency that never changes in training,
    which cannot be standardised.
    """
    frames, shift = settings["frames"], settings["options"]["shift"]
    cut, counts, sums = [], np.zeros(len(utterances.ids), int), np.zeros((3, spectrogram.size))
    for i, sound in enumerate(sounds):
        if spectrogram.frames(len(sound)) < frames:
            continue
        x = spectrogram.log_magnitude(sound)
        train = utterances.split[i] == "train"
        if train:
            sums += np.stack([np.ones_like(x), x, x.astype(np.float64) ** 2]).sum(axis=1)
        cut.append(_segments(x, frames, shift if train else frames))
        counts[i] = len(cut[-1])
    if not sums[0].any():
        raise UserError(f"no training utterance is as long as a segment of {frames} frames; lower 'frames'")
    codec = _codec(spectrogram, sums)
    x = np.concatenate(cut)
    for first in range(0, len(x), 4096):  # in place, because all of TIMIT is a gigabyte
        x[first : first + 4096] = codec.standardise(x[first : first + 4096])
    of = np.repeat(np.arange(len(counts)), counts)
    segments = f"{frames} frames; in training one every {shift}, else one after the other"
    return Sequences(
        x,
        labels={"action": np.zeros(len(x), int), **{name: values[of] for name, values in utterances.labels.items()}},
        specs={"action": LabelSpec("aside", ("speech",)), **utterances.specs},
        group=utterances.ids[of],
        split=utterances.split[of],
        facts={**facts, "segments": segments, "left out, shorter": int((counts == 0).sum()), "sound": codec.facts()},
    )


def _segments(x: np.ndarray, frames: int, shift: int) -> np.ndarray:
    """A spectrogram (T, size), T >= frames -> its segments (n, frames, size), one every `shift` frames."""
    return np.lib.stride_tricks.sliding_window_view(x, frames, axis=0)[::shift].transpose(0, 2, 1).copy()


def _codec(spectrogram: Spectrogram, sums: np.ndarray) -> Codec:
    """The codec, from count, sum and sum of squares (3, size) over all frames of the training utterances."""
    mean = sums[1] / sums[0]
    variance = sums[2] / sums[0] - mean**2
    if (still := np.flatnonzero(variance < 1e-9)).size:
        at = (still[0] + 1) * spectrogram.rate / (2 * spectrogram.size)
        raise UserError(
            f"{at:.0f} Hz: all training sounds are always at {mean[still[0]]:.0f} dB there; replace them by recordings"
        )
    return Codec(spectrogram, mean, np.sqrt(variance))
