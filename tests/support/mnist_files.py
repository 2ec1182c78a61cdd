"""Small files in the format of MNIST."""

import gzip
from pathlib import Path

import numpy as np


def idx(values: np.ndarray) -> bytes:
    head = bytes((0, 0, 8, values.ndim)) + b"".join(size.to_bytes(4, "big") for size in values.shape)
    return gzip.compress(head + values.astype(np.uint8).tobytes())


def write(raw: Path, files: tuple[str, str], count: int, first: int) -> None:
    """Pictures that differ in one grey level: image i of a file has first + i in its middle."""
    images = np.zeros((count, 28, 28), np.uint8)
    images[:, 8:20, 8:20] = (first + np.arange(count))[:, None, None]
    (raw / "mnist").mkdir(parents=True, exist_ok=True)
    (raw / files[0]).write_bytes(idx(images))
    (raw / files[1]).write_bytes(idx(np.arange(count) % 10))
