"""Reads pictures from files and reduces their size."""

import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from latentmotion.core.errors import UserError

LARGEST = 8192  # pixels a side
# What Pillow raises for damaged files, beside UnidentifiedImageError.
_DAMAGE = (OSError, SyntaxError, ValueError, EOFError, TypeError, IndexError, struct.error, zlib.error, OverflowError)


def read_picture(path: Path, form: str, modes: tuple[str, ...], size: tuple[int, int] | None = None) -> Image.Image:
    """A decoded picture.

    Arguments:
        form: the format that the content of the file must have, "PNG" or "JPEG".
        modes: the accepted Pillow modes.
        size: the required (width, height); None where every size is accepted.

    Raises UserError where the file is missing, of another format, mode or size, or truncated.
    """
    if not path.is_file():
        raise UserError(f"{path}: missing; fetch it again or put it there")
    try:
        with Image.open(path) as picture:
            if picture.format != form:
                raise UserError(f"{path}: is a {picture.format} file, not {form}; replace it by the original")
            if max(picture.size) > LARGEST:
                found = "{} x {}".format(*picture.size)
                raise UserError(f"{path}: is {found} pixels, more than {LARGEST} a side; replace it by the original")
            if size and picture.size != size:
                found, wanted = ("{} x {}".format(*s) for s in (picture.size, size))
                raise UserError(f"{path}: is {found} pixels, not {wanted}; replace it by the original")
            if picture.mode not in modes:
                raise UserError(
                    f"{path}: has mode {picture.mode}, not {' or '.join(modes)}; replace it by the original"
                )
            picture.load()
            return picture
    except UnidentifiedImageError:
        raise UserError(f"{path}: not a picture, or damaged at its start; replace it by the original") from None
    except Image.DecompressionBombError:
        raise UserError(f"{path}: has far too many pixels; replace it by the original") from None
    except _DAMAGE as error:
        raise UserError(f"{path}: truncated or damaged ({error}); replace it by the original") from None


def area_average(x: np.ndarray, size: int) -> np.ndarray:
    """Pictures (..., H, H) uint8 -> (..., size, size); each new pixel is the rounded mean of the square that it covers.

    Raises UserError where H is not a multiple of `size`.
    """
    side = x.shape[-1]
    step, rest = divmod(side, size)
    if rest or not step:
        sizes = ", ".join(str(s) for s in range(8, side + 1) if side % s == 0)
        raise UserError(f"key 'size': {size} does not divide {side}, the side of the sheets' frames; one of {sizes}")
    if step == 1:
        return x
    total = np.zeros((*x.shape[:-2], size, size), np.uint16)
    for row in range(step):
        for column in range(step):
            total += x[..., row::step, column::step]
    return ((total + step * step // 2) // (step * step)).astype(np.uint8)
