"""Reads the gzip-compressed IDX files of MNIST.

The format is big-endian: two zero bytes, the type (0x08 for unsigned bytes), the number of dimensions, each dimension
in four bytes, and the numbers (Y. LeCun, "The MNIST database of handwritten digits").
"""

import gzip
import zlib
from pathlib import Path

import numpy as np

from latentmotion.core.errors import UserError

_UNSIGNED_BYTES = 8


def read_idx(path: Path, dimensions: int) -> np.ndarray:
    """The array of unsigned bytes in a gzip-compressed IDX file.

    Raises UserError where the file is missing, not compressed, truncated, of another type, or where the number of its
    values differs from its header.
    """
    try:
        with gzip.open(path) as file:
            content = file.read()
    except FileNotFoundError:
        raise UserError(f"{path}: missing; fetch it again or put it there") from None
    except (EOFError, zlib.error, OSError) as error:
        raise UserError(f"{path}: truncated or not a gzip file ({error}); fetch it again") from None
    wanted, start = bytes((0, 0, _UNSIGNED_BYTES, dimensions)), 4 * (1 + dimensions)
    if content[:4] != wanted or len(content) < start:
        begins = content[:4].hex() or "nothing"
        raise UserError(f"{path}: starts with {begins}, not a whole header of {wanted.hex()}...; replace it")
    shape = np.frombuffer(content[4:start], ">u4").astype(int)
    if len(content) - start != np.prod(shape):
        raise UserError(
            f"{path}: should hold {' x '.join(map(str, shape))} numbers, not {len(content) - start}; fetch it again"
        )
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)
