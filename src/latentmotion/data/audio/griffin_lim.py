"""The sound of a magnitude spectrogram, whose phases are estimated by the fast Griffin-Lim algorithm.

Source: Griffin and Lim, Signal estimation from modified short-time Fourier transform (1984); with the momentum of
Perraudin, Balazs and Sondergaard, A fast Griffin-Lim algorithm (2013). With P the transform of the inverse transform,

    c_n = P(|X| exp(i arg t_(n-1))),        t_n = c_n + momentum (c_n - c_(n-1))

from random phases. It is not a vocoder: it guesses what a spectrogram of 25 ms windows does not determine, and where a
spectrogram belongs to no sound, as that of a model may, it returns the sound of a similar spectrogram.
"""

import numpy as np

from latentmotion.data.audio.spectrogram import Spectrogram


def griffin_lim(
    magnitude: np.ndarray, spectrogram: Spectrogram, iterations: int = 100, momentum: float = 0.99, seed: int = 0
) -> np.ndarray:
    """|X| (T, size + 1) -> a sound (n,) with approximately this magnitude. The same seed gives the same sound."""
    phase = np.random.default_rng(seed).uniform(0, 2 * np.pi, magnitude.shape)
    guess, before = magnitude * np.exp(1j * phase), 0.0
    for _ in range(iterations):
        consistent = spectrogram.transform(spectrogram.inverse(guess))
        step = consistent + momentum * (consistent - before)
        guess = magnitude * step / np.maximum(np.abs(step), np.finfo(float).tiny)
        before = consistent
    return spectrogram.inverse(guess)
