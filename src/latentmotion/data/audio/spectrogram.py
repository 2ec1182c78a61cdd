"""Log-magnitude spectrograms with `size` dimensions every 10 ms, and the inverse of their transform.

    X_t(k) = sum_n w(n) s(t hop + n) exp(-2 pi i k n / 2 size),        x_t(k) = 20 log10(2 |X_t(k)| / sum_n w(n))

for k = 1..size. A transform of 2 size points has size + 1 frequencies; the mean, k = 0, is left out. 200 dimensions
need 400 points: at 16 kHz these are the 400 samples of a 25 ms window, as in Hsu et al. (2017) for TIMIT; at 8 kHz they
are the 200 samples of a window, padded with zeros, which interpolates the spectrum. A full-scale tone has 0 dB, and the
rounding of 16 bits is at about FLOOR. Every frame is completely inside the sound: nothing is padded in time.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.fft import irfft, rfft
from scipy.signal import get_window

from latentmotion.core.errors import UserError

WINDOW, HOP = 0.025, 0.010  # seconds
FLOOR = -120.0  # dB
_COVERED = 0.05  # of the largest sum of squared windows; samples that are covered by less fade out


@dataclass(frozen=True)
class Spectrogram:
    """The transform for one sampling rate in Hz and one number of dimensions. Raises UserError for too few of them."""

    rate: int
    size: int

    def __post_init__(self):
        if self.window > 2 * self.size:
            raise UserError(
                f"key 'size': {self.size} dimensions are too few for a window of {self.window} samples at {self.rate} "
                f"Hz; set it to {(self.window + 1) // 2} or more, 200 as published"
            )

    @property
    def window(self) -> int:
        """The number of samples of a window."""
        return round(WINDOW * self.rate)

    @property
    def hop(self) -> int:
        """The number of samples from one frame to the next."""
        return round(HOP * self.rate)

    @cached_property
    def taper(self) -> np.ndarray:
        """The window w (window,), a Hann window."""
        return get_window("hann", self.window)

    def frames(self, samples: int) -> int:
        """The number of frames of a sound with `samples` samples."""
        return max(0, 1 + (samples - self.window) // self.hop)

    def samples(self, frames: int) -> int:
        """The number of samples that `frames` frames cover."""
        return (frames - 1) * self.hop + self.window

    def transform(self, sound: np.ndarray) -> np.ndarray:
        """A sound (n,) -> X (T, size + 1) complex, the mean included."""
        windows = np.lib.stride_tricks.sliding_window_view(sound, self.window)[:: self.hop]
        return rfft(windows * self.taper, 2 * self.size)

    def inverse(self, transform: np.ndarray) -> np.ndarray:
        """X (T, size + 1) -> the sound (n,) whose transform is nearest in least squares (Griffin and Lim, 1984).

        It is exact for the transform of a sound, except at both ends, which fade in and out because they are covered
        only by the edge of one window.
        """
        pieces = irfft(transform, 2 * self.size)[:, : self.window] * self.taper
        weights = np.broadcast_to(self.taper**2, pieces.shape)
        sound, weight = self._overlap_add(pieces), self._overlap_add(weights)
        return sound / np.maximum(weight, _COVERED * weight.max())

    def _overlap_add(self, pieces: np.ndarray) -> np.ndarray:
        """The sum (n,) of pieces (T, window) at distances of one hop. Pieces that do not overlap are added together."""
        apart = -(-self.window // self.hop)
        padded = np.pad(pieces, ((0, -len(pieces) % apart), (0, apart * self.hop - self.window)))
        total = np.zeros((len(padded) + apart) * self.hop)
        for first in range(apart):
            rows = padded[first::apart].ravel()
            total[first * self.hop : first * self.hop + len(rows)] += rows
        return total[: self.samples(len(pieces))]

    def log_magnitude(self, sound: np.ndarray) -> np.ndarray:
        """A sound (n,) in [-1, 1] -> x (T, size) float32, in dB, at least FLOOR."""
        magnitude = np.abs(self.transform(sound)[:, 1:]) * (2 / self.taper.sum())
        return (20 * np.log10(np.maximum(magnitude, 10 ** (FLOOR / 20)))).astype(np.float32)

    def magnitude(self, log_magnitude: np.ndarray) -> np.ndarray:
        """x (T, size) in dB -> |X| (T, size + 1), with mean zero."""
        magnitude = 10 ** (np.asarray(log_magnitude, np.float64) / 20) * (self.taper.sum() / 2)
        return np.pad(magnitude, ((0, 0), (1, 0)))
