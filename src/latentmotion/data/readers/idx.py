"""Reads the gzip-compressed IDX files of MNIST.

The format is big-endian: two zero bytes, the type (0x08 for unsigned bytes), the number of dimensions, each dimension
in four bytes, and the numbers (Y. LeCun, "The MNIST database of handwritten digits").
"""

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np

from latentmotion.core.errors import UserError

_UNSIGNED_BYTES = 8
LARGEST = 1 << 28  # numbers; the training images of MNIST are 47 million


def read_idx(path: Path, dimensions: int) -> np.ndarray:
    """The array of unsigned bytes in a gzip-compressed IDX file.

    Raises UserError where the file is missing, not compressed, truncated, of another type, or where the number of its
    values differs from its header.
    """
    wanted, start = bytes((0, 0, _UNSIGNED_BYTES, dimensions)), 4 * (1 + dimensions)
    try:
        with gzip.open(path) as file:
            header = file.read(start)
            if header[:4] != wanted or len(header) < start:
                begins = header[:4].hex() or "nothing"
                raise UserError(f"{path}: starts with {begins}, not a whole header of {wanted.hex()}...; replace it")
            shape = struct.unpack(f">{dimensions}I", header[4:])
            if math.prod(shape) > LARGEST:
                raise UserError(f"{path}: states {' x '.join(map(str, shape))} numbers, too many; fetch it again")
            content = file.read(math.prod(shape) + 1)
    except FileNotFoundError:
        raise UserError(f"{path}: missing; fetch it again or put it there") from None
    except (EOFError, zlib.error, OSError) as error:
        raise UserError(f"{path}: truncated or not a gzip file ({error}); fetch it again") from None
    if len(content) != math.prod(shape):
        found = "more" if len(content) > math.prod(shape) else len(content)
        raise UserError(f"{path}: should hold {' x '.join(map(str, shape))} numbers, not {found}; fetch it again")
    return np.frombuffer(content, np.uint8).reshape(shape)
