"""Spectrograms as pictures: time to the right, 0 to 4 kHz upwards, brighter for louder, on one scale."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from latentmotion.data.audio.codec import Codec

TOP, BIN = 4000.0, 40.0  # Hz: what is shown, and the height of a pixel
SPAN = 70.0  # dB from the darkest colour to the brightest
LEVELS = 48  # colours: so few that pictures compress, so many that steps are not seen
GREYS = 16  # of text beside them


@dataclass(frozen=True)
class Scale:
    """How spectrograms of one codec are drawn. `loudest`, in dB, has the brightest colour."""

    codec: Codec
    loudest: float

    def levels(self, x: np.ndarray) -> np.ndarray:
        """Frames x (T, size), standardised -> (bins, T) integers below LEVELS, high frequencies first."""
        spectrogram = self.codec.spectrogram
        step = spectrogram.rate / (2 * spectrogram.size)
        together = max(1, round(BIN / step))
        bins = int(TOP / step) // together
        shown = self.codec.log_magnitude(x)[:, : bins * together].reshape(len(x), bins, together).mean(2)
        share = np.clip((shown - self.loudest) / SPAN + 1, 0, 1)
        return np.round(share * (LEVELS - 1)).astype(np.uint8).T[::-1]


def scale_of(codec: Codec, x: np.ndarray) -> Scale:
    """The scale on which one in a thousand of the numbers in x (..., size) is brighter than the brightest colour."""
    return Scale(codec, float(np.quantile(codec.log_magnitude(x), 0.999)))


def coloured(levels: np.ndarray, wide: int) -> np.ndarray:
    """(bins, T) -> (3, bins, T wide) uint8, each column repeated."""
    return np.moveaxis(palette()[levels.repeat(wide, axis=1)], -1, 0)


def flat(sheet: Image.Image) -> Image.Image:
    """A sheet of spectrograms and grey text with a palette of just that, for half the bytes."""
    greys = np.linspace(0, 255, GREYS).round().astype(np.uint8)[:, None].repeat(3, axis=1)
    reference = Image.new("P", (1, 1))
    reference.putpalette(np.concatenate([palette(), greys]).tobytes())
    return sheet.quantize(palette=reference, dither=Image.Dither.NONE)


def palette() -> np.ndarray:
    """The colours (LEVELS, 3) uint8, dark to bright: told apart by everyone, and in grey."""
    from matplotlib import colormaps

    return (colormaps["magma"](np.linspace(0, 1, LEVELS))[:, :3] * 255).round().astype(np.uint8)
