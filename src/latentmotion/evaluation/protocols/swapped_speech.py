"""swapped-speech: whose pitch, and whose sounds, has a segment with the content of another? (R-WAE, appendix H)

The paper lets the reader hear that the sounds follow the motion code and the voice follows the content code. Each
segment of the scored split gets the content of its partner in motion-swap. Three properties are looked at:

    pitch       the lag of the largest autocorrelation of the spectra, mean over the frames of a segment, in semitones
    envelope    the first CEPSTRA cepstral coefficients of each frame, less their mean over the segment: the vocal
                tract's movement, without pitch and without what is constant, such as the microphone
    digit       the class by a support vector machine that is fitted to training segments (as in leakage)
"""

import numpy as np
import torch
from scipy.fft import dct, irfft, rfft

from latentmotion.core.pixels import to_float
from latentmotion.data.audio.codec import of_facts
from latentmotion.data.audio.spectrogram import Spectrogram
from latentmotion.data.audio.voicing import HIGHEST, LOWEST, VOICED, periodicity
from latentmotion.evaluation.protocols.base import EvaluationContext, subset
from latentmotion.evaluation.protocols.leakage import EXAMPLES, kernels
from latentmotion.models import base as contract

NAME = "swapped-speech"
NEEDS = frozenset({contract.ENCODE})
DATASETS = ("spoken_digits", "timit")
LABEL = "digit"
SEGMENTS = 1024
CEPSTRA = 13
FAINTEST = 0.3
APART = 4.0  # semitones between the pitches of two segments from which on they count as different voices


def applies(context: EvaluationContext) -> bool:
    """To sound that the model has encoded."""
    return "sound" in context.facts and context.codes is not None and context.codes.content is not None


def scored(context: EvaluationContext) -> int:
    """The number of swapped segments."""
    return min(SEGMENTS, len(context.split))


def measure(context: EvaluationContext) -> dict[str, float]:
    """pitch_follows_content: of the swaps between voiced segments whose pitches are APART or more from each other, the
        share whose pitch is nearer to that of the segment that lends its content.
    pitch_pairs: how many such swaps there are.
    pitch_error: the median difference in semitones from the segment that lends its content, of the same swaps.
    reconstruction_pitch_error: that of reconstructions from their own segment.
    envelope_follows_motion: the share of swaps whose envelope is nearer to the segment that lends its motion.
    reconstruction_envelope_follows: the share of reconstructions whose envelope is nearer to their own segment than to
        that of their partner.
    digit_accuracy: the share of swaps in which the classifier names the digit of the segment that lends its motion.
    reconstruction_digit_accuracy, real_digit_accuracy: of reconstructions and of the segments themselves. These three
        are missing where the data set has no digits.
    """
    ids = subset(context.split, SEGMENTS, NAME)
    partners = context.partners[ids]
    sounds = {"real": np.array(context.split.x[ids]), "lender": np.array(context.split.x[partners])}
    for name, lenders in (("swap", partners), ("reconstruction", ids)):
        sounds[name] = _decoded(context, ids, lenders)
    codec = of_facts(context.facts)
    pitch = {name: pitches(codec.log_magnitude(x), codec) for name, x in sounds.items()}
    shape = {name: envelopes(codec.log_magnitude(x)) for name, x in sounds.items()}

    def nearer(name: str) -> float:
        own, other = (np.linalg.norm(shape[name] - shape[whose], axis=1) for whose in ("real", "lender"))
        return float(np.mean(own < other))

    metrics = {
        "envelope_follows_motion": nearer("swap"),
        "reconstruction_envelope_follows": nearer("reconstruction"),
    }
    metrics |= _of_pitch(pitch)
    if LABEL in context.split.labels:
        metrics |= _of_digits(context, ids, sounds)
    return metrics


def pitches(decibels: np.ndarray, codec) -> np.ndarray:
    """The pitch of segments (N, T, F) in semitones above LOWEST, (N,); NaN where no frame is voiced.

    The autocorrelations of the voiced frames are averaged over the segment and divided by that of the window as in
    voicing.py, but at the longest lags, where the window has little left, by no less than FAINTEST. Of peaks within 5 %
    of the largest, the first one counts, since twice the period is as good a period as the period itself.
    """
    spectrogram: Spectrogram = codec.spectrogram
    found = []
    points = 2 * spectrogram.size
    of_window = irfft(np.abs(rfft(spectrogram.taper, points)) ** 2, points)
    lags = np.arange(spectrogram.rate // HIGHEST, spectrogram.rate // LOWEST + 1)
    for segment in decibels:
        magnitude = spectrogram.magnitude(segment)
        voiced = periodicity(magnitude, spectrogram) >= VOICED
        if not voiced.any():
            found.append(np.nan)
            continue
        of_frame = irfft(magnitude[voiced] ** 2, points)
        mean = (of_frame / of_frame[:, :1]).mean(0)[lags] / np.maximum(of_window / of_window[0], FAINTEST)[lags]
        first = lags[_peaks(mean)][0]
        found.append(12 * np.log2(spectrogram.rate / first / LOWEST))
    return np.array(found)


def _peaks(values: np.ndarray) -> np.ndarray:
    """Which values are a local maximum within 5 % of the largest, (n,); the largest itself where there is none."""
    inner = np.pad(values, 1, constant_values=np.inf)
    peak = (values > inner[:-2]) & (values >= inner[2:]) & (values >= values.max() - 0.05 * abs(values.max()))
    return peak if peak.any() else values == values.max()


def envelopes(decibels: np.ndarray) -> np.ndarray:
    """The movement of the spectral envelope of segments (N, T, F), (N, T * CEPSTRA)."""
    cepstra = dct(decibels, axis=2, norm="ortho")[:, :, 1 : CEPSTRA + 1]
    return (cepstra - cepstra.mean(1, keepdims=True)).reshape(len(decibels), -1)


def _decoded(context: EvaluationContext, ids: np.ndarray, lenders: np.ndarray) -> np.ndarray:
    return context.model.decode(context.codes.content[lenders], context.codes.motion[ids]).float().cpu().numpy()


def _of_pitch(pitch: dict[str, np.ndarray]) -> dict[str, float]:
    own = np.abs(pitch["reconstruction"] - pitch["real"])
    metrics = {}
    if np.isfinite(own).any():
        metrics["reconstruction_pitch_error"] = float(np.nanmedian(own))
    apart = np.abs(pitch["real"] - pitch["lender"]) >= APART
    chosen = apart & np.isfinite(pitch["swap"])
    metrics["pitch_pairs"] = float(chosen.sum())
    if chosen.any():
        to_content, to_motion = (np.abs(pitch["swap"] - pitch[name])[chosen] for name in ("lender", "real"))
        metrics |= {
            "pitch_follows_content": float(np.mean(to_content < to_motion)),
            "pitch_error": float(np.median(to_content)),
        }
    return metrics


def _of_digits(context: EvaluationContext, ids: np.ndarray, sounds: dict[str, np.ndarray]) -> dict[str, float]:
    from sklearn.svm import SVC

    examples = subset(context.train, EXAMPLES, NAME)
    known = to_float(torch.from_numpy(np.array(context.train.x[examples]))).flatten(1).double()
    names = {"swap": "digit_accuracy", "reconstruction": "reconstruction_digit_accuracy", "real": "real_digit_accuracy"}
    scores = torch.from_numpy(np.concatenate([sounds[name] for name in names])).flatten(1).double()
    among, to_scored = kernels(known, scores)
    classifier = SVC(C=10.0, kernel="precomputed").fit(among, context.train.labels[LABEL][examples])
    hits = classifier.predict(to_scored).reshape(len(names), -1) == context.split.labels[LABEL][ids]
    return dict(zip(names.values(), hits.mean(1).tolist(), strict=True))
