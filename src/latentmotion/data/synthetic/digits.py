"""Digits that replace MNIST: those of scikit-learn, which have 8 x 8 pixels in 17 grey levels, enlarged.

They are scans of handwriting too (Alpaydin and Kaynak, Optical Recognition of Handwritten Digits, UCI, 1998), but of
other people and with less resolution, so that results on them cannot be compared with results on MNIST.
"""

import numpy as np

SIDE, DIGIT = 28, 20  # sides of a picture and of the square in its middle with the digit, as in MNIST


def labelled() -> tuple[np.ndarray, np.ndarray]:
    """All pictures, (1797, 28, 28) uint8, and their digits, (1797,), in the order of scikit-learn."""
    images, classes = _scans()
    return _enlarged(images), classes


def threes() -> np.ndarray:
    """The pictures of threes, (183, 28, 28) uint8."""
    images, classes = _scans()
    return _enlarged(images[classes == 3])


def _scans() -> tuple[np.ndarray, np.ndarray]:
    from sklearn.datasets import load_digits

    digits = load_digits()
    return digits.images, digits.target


def _enlarged(scans: np.ndarray) -> np.ndarray:
    from scipy.ndimage import zoom

    small = scans * (255 / 16)
    large = zoom(small, (1, DIGIT / small.shape[1], DIGIT / small.shape[2]), order=3, grid_mode=True, mode="nearest")
    margin = (SIDE - DIGIT) // 2
    return np.pad(large.clip(0, 255).round().astype(np.uint8), ((0, 0), (margin, margin), (margin, margin)))
