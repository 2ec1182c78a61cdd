"""How periodic the frames of a sound are: near 1 for a voice, lower for a hiss or a pause.

    max over lags l of (r_x(l) / r_x(0)) / (r_w(l) / r_w(0)),    from 1/400 to 1/80 of a second

with r_x the autocorrelation of a windowed frame and r_w that of its window, by which it falls without any change of the
sound (Boersma, Accurate short-term analysis of the fundamental frequency, 1993). A window of 25 ms has two periods of
80 Hz, so that the number of a low voice varies, above 1 too, with where its pulses fall in the window: enough to say
that there is a voice, not to measure its pitch.
"""

import numpy as np
from scipy.fft import irfft, rfft

from latentmotion.data.audio.spectrogram import Spectrogram

LOWEST, HIGHEST = 80, 400  # Hz, of voices
VOICED = 0.6  # of a frame that is called voiced; the least voiced word of spoken digits is "six", as it should be


def periodicity(magnitude: np.ndarray, spectrogram: Spectrogram) -> np.ndarray:
    """|X| (..., size + 1) -> (...); 0 for silence."""
    points = 2 * spectrogram.size
    of_frame = irfft(magnitude**2, points)
    of_window = irfft(np.abs(rfft(spectrogram.taper, points)) ** 2, points)
    lags = slice(spectrogram.rate // HIGHEST, spectrogram.rate // LOWEST + 1)
    power = np.maximum(of_frame[..., :1], np.finfo(float).tiny)
    return ((of_frame / power)[..., lags] / (of_window / of_window[0])[lags]).max(-1)
