"""A dataset of speech: utterances cut into segments of standardised log-magnitude spectrogram.

A segment is `frames` successive frames, 20 of 10 ms as in Hsu et al. (2017) and Li and Mandt (2018). Utterances of
validation and test are cut from their beginning into segments that do not overlap, those of training every `shift`
frames; what is left at the end is dropped. Hsu et al. draw the training segments anew in every epoch: here they are
fixed, and a shift below `frames` gives more of the places that a drawn one could have.

The group of a segment is its utterance: utterance means are means over a group.
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
    """What is known of U utterances: labels, name -> (U,) integers, with their specs; ids (U,) and splits (U,)."""

    labels: dict[str, np.ndarray]
    specs: dict[str, LabelSpec]
    ids: np.ndarray
    split: np.ndarray


def prepare(
    sounds: Iterable[np.ndarray], utterances: Utterances, spectrogram: Spectrogram, settings: dict, facts: dict
) -> Sequences:
    """All segments, (N, frames, size) float32, standardised over the training utterances.

    Arguments:
        sounds: of every utterance its samples (n,), in their order; taken one at a time.
        settings: `frames` of a segment and, of the options, `shift`, frames between beginnings of training segments.

    An utterance shorter than a segment gives none; the facts say how many those are. Raises UserError for a frequency
    that never changes in training, which cannot be standardised.
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
    for first in range(0, len(x), 4096):  # in place: the whole of TIMIT is a gigabyte
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
    """From count, sum and sum of squares (3, size) over all frames of the training utterances."""
    mean = sums[1] / sums[0]
    variance = sums[2] / sums[0] - mean**2
    if (still := np.flatnonzero(variance < 1e-9)).size:
        at = (still[0] + 1) * spectrogram.rate / (2 * spectrogram.size)
        raise UserError(
            f"{at:.0f} Hz: all training sounds are always at {mean[still[0]]:.0f} dB there; replace them by recordings"
        )
    return Codec(spectrogram, mean, np.sqrt(variance))
