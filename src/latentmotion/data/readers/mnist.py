"""Reads MNIST (LeCun, Bottou, Bengio and Haffner, 1998; CC-BY-SA 3.0): test or training images with their digits."""

from pathlib import Path

import numpy as np

from latentmotion.core.errors import UserError
from latentmotion.data.readers.idx import read_idx

TEST = "mnist/t10k-images-idx3-ubyte.gz", "mnist/t10k-labels-idx1-ubyte.gz"
TRAINING = "mnist/train-images-idx3-ubyte.gz", "mnist/train-labels-idx1-ubyte.gz"
SIDE, DIGITS = 28, 10


def read_mnist(raw: Path, files: tuple[str, str] = TEST) -> tuple[np.ndarray, np.ndarray]:
    """Pictures (N, 28, 28) and their digits (N,), both uint8, in the order of the files.

    Raises UserError for files that are missing, damaged, of another type, or do not belong together.
    """
    images_file, labels_file = (raw / file for file in files)
    images, labels = read_idx(images_file, 3), read_idx(labels_file, 1)
    if len(images) != len(labels):
        raise UserError(f"{labels_file}: {len(labels)} labels for {len(images)} images; fetch both again")
    if images.shape[1:] != (SIDE, SIDE):
        found = " x ".join(map(str, images.shape[1:]))
        raise UserError(f"{images_file}: pictures of {found} pixels, not {SIDE} x {SIDE}; replace it by MNIST's")
    if len(labels) and labels.max() >= DIGITS:
        raise UserError(f"{labels_file}: a label of {labels.max()}, but digits are 0 to 9; replace it by MNIST's")
    return images, labels
