"""The periodicity of the frames of a sound: near 1 for a voice, lower for noise or a pause.

    max over lags l of (r_x(l) / r_x(0)) / (r_w(l) / r_w(0)),    from 1/400 to 1/80 of a second

where r_x is the autocorrelation of a windowed frame. It is divided by the autocorrelation r_w of the window, because
the window alone lowers r_x at larger lags (Boersma, Accurate short-term analysis of the fundamental frequency, 1993). A
window of 25 ms contains two periods of 80 Hz, so that the value of a low voice depends on the position of its pulses in
the window, and may be above 1. This suffices to detect a voice, but not to measure its pitch.
"""

import numpy as np
from scipy.fft import irfft, rfft

from latentmotion.data.audio.spectrogram import Spectrogram

LOWEST, HIGHEST = 80, 400  # Hz, the range of the pitch of voices
VOICED = 0.6  # from which a frame counts as voiced; with it, "six" is the least voiced of the spoken digits


def periodicity(magnitude: np.ndarray, spectrogram: Spectrogram) -> np.ndarray:
    """Magnitudes |X| (..., size + 1) -> periodicities (...); 0 for silence."""
    points = 2 * spectrogram.size
    of_frame = irfft(magnitude**2, points)
    of_window = irfft(np.abs(rfft(spectrogram.taper, points)) ** 2, points)
    lags = slice(spectrogram.rate // HIGHEST, spectrogram.rate // LOWEST + 1)
    power = np.maximum(of_frame[..., :1], np.finfo(float).tiny)
    return ((of_frame / power)[..., lags] / (of_window / of_window[0])[lags]).max(-1)
