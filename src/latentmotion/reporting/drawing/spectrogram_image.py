"""Draws spectrograms: time to the right, 0 to 4 kHz upwards, brighter where louder, all on one scale."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from latentmotion.data.audio.codec import Codec

TOP, BIN = 4000.0, 40.0  # Hz: the highest frequency that is shown, and the height of a pixel
SPAN = 70.0  # dB from the darkest colour to the brightest
LEVELS = 48  # number of colours: small enough to compress well, large enough for invisible steps
GREYS = 16  # grey levels for text beside the spectrograms


@dataclass(frozen=True)
class Scale:
    """The scale on which spectrograms of one codec are drawn; `loudest`, in dB, has the brightest colour."""

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
    """The scale on which one in a thousand of the values in x (..., size) is above the brightest colour."""
    return Scale(codec, float(np.quantile(codec.log_magnitude(x), 0.999)))


def coloured(levels: np.ndarray, wide: int) -> np.ndarray:
    """Levels (bins, T) as colours (3, bins, T * wide) uint8; each column is repeated `wide` times."""
    return np.moveaxis(palette()[levels.repeat(wide, axis=1)], -1, 0)


def flat(sheet: Image.Image) -> Image.Image:
    """A sheet of spectrograms and grey text, reduced to a palette of their colours, which halves its size."""
    greys = np.linspace(0, 255, GREYS).round().astype(np.uint8)[:, None].repeat(3, axis=1)
    reference = Image.new("P", (1, 1))
    reference.putpalette(np.concatenate([palette(), greys]).tobytes())
    return sheet.quantize(palette=reference, dither=Image.Dither.NONE)


def palette() -> np.ndarray:
    """The colours (LEVELS, 3) uint8 from dark to bright, distinguishable for colour-blind readers and in grey."""
    from matplotlib import colormaps

    return (colormaps["magma"](np.linspace(0, 1, LEVELS))[:, :3] * 255).round().astype(np.uint8)
