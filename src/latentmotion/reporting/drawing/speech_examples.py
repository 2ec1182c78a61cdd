"""Chooses what figures of sound show: segments and whole utterances of the test split, by a rule and not by ear."""

import numpy as np

from latentmotion.core.errors import UserError
from latentmotion.core.keyed_random import permutation
from latentmotion.data.audio.codec import Codec, of_facts
from latentmotion.data.audio.voicing import VOICED, periodicity
from latentmotion.reporting.drawing.trained_run import Shown

VOICED_SHARE = 0.75  # smallest share of voiced frames in a segment
LENGTH = 2.0  # seconds: of each speaker the utterance of the nearest length is taken


def codec_of(run: Shown) -> Codec:
    """The codec of the run's data. Raises UserError for data that are no sound."""
    return of_facts(run.data.facts)


def clips(run: Shown, count: int, purpose: str) -> np.ndarray:
    """The ids of `count` segments; those of one speaker are adjacent.

    Candidates are segments with at least VOICED_SHARE of voiced frames and at least the loudness of their speaker's
    median segment. In a random order of a fixed key they are taken from all speakers in turn, each from another
    utterance. Raises UserError where there are too few.
    """
    codec, x, speaker = codec_of(run), np.asarray(run.split.x), run.split.labels["speaker"]
    magnitude = codec.spectrogram.magnitude(codec.log_magnitude(x).reshape(-1, x.shape[-1]))
    voiced = (periodicity(magnitude, codec.spectrogram) > VOICED).reshape(x.shape[:2]).mean(1)
    power = (magnitude**2).sum(1).reshape(x.shape[:2]).sum(1)
    usual = {s: np.median(power[speaker == s]) for s in np.unique(speaker)}
    fit = (voiced >= VOICED_SHARE) & (power >= np.vectorize(usual.get)(speaker))
    order = permutation(len(x), purpose)
    order = order[fit[order]]
    _, first = np.unique(run.split.group[order], return_index=True)
    order = order[np.sort(first)]
    turn = [int((speaker[order[:i]] == speaker[now]).sum()) for i, now in enumerate(order)]
    found = order[np.argsort(turn, kind="stable")][:count]
    if len(found) < count:
        raise UserError(
            f"{run.split.name}: {len(found)} utterances hold a voiced and loud segment, fewer than {count}; lower the "
            "option 'clips' of the figure or prepare more"
        )
    return found[np.argsort(speaker[found], kind="stable")]


def pairs(run: Shown, count: int, purpose: str) -> list[tuple[np.ndarray, np.ndarray]]:
    """Up to `count` pairs of utterances whose speakers differ in every content label, as the ids of their segments.

    The utterance of each speaker is the one whose length is nearest to LENGTH; speakers are in a random order of a
    fixed key.
    """
    labels = run.split.labels
    content = [name for name, spec in run.specs.items() if spec.kind == "content"]
    speakers = np.unique(labels["speaker"])
    left = [_utterance(run, speaker) for speaker in speakers[permutation(len(speakers), purpose)]]
    found = []
    while left and len(found) < count:
        a = left.pop(0)
        other = next((i for i, b in enumerate(left) if all(labels[n][a[0]] != labels[n][b[0]] for n in content)), None)
        if other is not None:
            found.append((a, left.pop(other)))
    return found


def _utterance(run: Shown, speaker: int) -> np.ndarray:
    groups, segments = np.unique(run.split.group[run.split.labels["speaker"] == speaker], return_counts=True)
    seconds = segments * run.split.x.shape[1] * _hop(run)
    return np.flatnonzero(run.split.group == groups[np.abs(seconds - LENGTH).argmin()])


def _hop(run: Shown) -> float:
    """The time from one frame to the next in seconds."""
    spectrogram = codec_of(run).spectrogram
    return spectrogram.hop / spectrogram.rate


def voice(run: Shown, i: int) -> str:
    """The name of the speaker of a segment."""
    return run.specs["speaker"].classes[run.split.labels["speaker"][i]]


def words(run: Shown, i: int) -> str:
    """The word of a segment's utterance; empty where it is not known."""
    return run.specs["digit"].classes[run.split.labels["digit"][i]] if "digit" in run.specs else ""
