"""Digits to stand in for MNIST's: scikit-learn's, of 8 x 8 pixels in 17 grey levels, enlarged.

They are scans of handwriting too (Alpaydin and Kaynak, Optical Recognition of Handwritten Digits, UCI, 1998), by other
people and at a sixth of the resolution, so nothing measured on them is comparable with MNIST.
"""

import numpy as np

SIDE, DIGIT = 28, 20  # of a picture, and of the square in its middle that holds the digit, as in MNIST


def labelled() -> tuple[np.ndarray, np.ndarray]:
    """All of them, (1797, 28, 28) uint8, and which digits they are, (1797,), in scikit-learn's order."""
    images, classes = _scans()
    return _enlarged(images), classes


def threes() -> np.ndarray:
    """The threes alone, (183, 28, 28) uint8."""
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
