"""Converts sounds to the standardised spectrograms that are the input of models, and back."""

from dataclasses import dataclass

import numpy as np

from latentmotion.core.errors import UserError
from latentmotion.data.audio.griffin_lim import griffin_lim
from latentmotion.data.audio.spectrogram import FLOOR, Spectrogram


@dataclass(frozen=True)
class Codec:
    """A spectrogram with the mean and standard deviation (size,) in dB of each dimension over the training split."""

    spectrogram: Spectrogram
    mean: np.ndarray
    deviation: np.ndarray

    def standardise(self, log_magnitude: np.ndarray) -> np.ndarray:
        """(..., size) in dB -> (..., size) float32, with mean 0 and deviation 1 over the training split."""
        return ((log_magnitude - self.mean) / self.deviation).astype(np.float32)

    def log_magnitude(self, x: np.ndarray) -> np.ndarray:
        """The inverse of `standardise`, limited to FLOOR and 0 dB, which hardly any sound in [-1, 1] exceeds."""
        return np.clip(np.asarray(x) * self.deviation + self.mean, FLOOR, 0)

    def sound(self, x: np.ndarray, iterations: int = 100) -> np.ndarray:
        """Frames x (T, size), T > 0 -> samples (n,), by the Griffin-Lim algorithm."""
        spectrogram = self.spectrogram
        return griffin_lim(spectrogram.magnitude(self.log_magnitude(x)), spectrogram, iterations)

    def facts(self) -> dict:
        """What the manifest of a data set holds, so that `of_facts` can make this codec again."""
        spectrogram = self.spectrogram
        return {
            "rate": spectrogram.rate,
            "size": spectrogram.size,
            "window": spectrogram.window,
            "hop": spectrogram.hop,
            "floor": FLOOR,
            "mean": [float(value) for value in self.mean],
            "deviation": [float(value) for value in self.deviation],
        }


def of_facts(facts: dict) -> Codec:
    """The codec of a data set of sound, from the facts in its manifest. Raises UserError for other data sets."""
    if "sound" not in facts:
        raise UserError("this dataset is no sound: its manifest holds no 'facts.sound'; choose a dataset of speech")
    sound = facts["sound"]
    return Codec(Spectrogram(sound["rate"], sound["size"]), np.array(sound["mean"]), np.array(sound["deviation"]))
