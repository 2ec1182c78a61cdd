"""What every data set must fulfil, checked when it is prepared: shapes, types and labels.

Without these checks, a file in data/datasets/ that breaks the contract would stop a training hours later, or train a
model on something else than was meant.
"""

from pathlib import Path

import numpy as np

from latentmotion.core.errors import UserError
from latentmotion.data.label_spec import LabelSpec

CHANNELS = (1, 3)


def check_sequences(x: np.ndarray, out: Path) -> None:
    """Raises UserError unless x is (N, T, C, H, H) uint8 with C 1 or 3 and T > 1, or (N, T, F) float32, all finite."""
    if x.ndim == 5:
        _check_pictures(x, out)
    elif x.ndim != 3 or x.dtype != np.float32:
        found = f"{x.dtype} {_shape(x)}"
        raise _wrong(out, f"sequences are (N, T, C, H, W) uint8 or (N, T, F) float32, not {found}; convert them")
    elif not np.isfinite(x).all():
        raise _wrong(out, "a number is not finite; remove it from the data")


def _check_pictures(x: np.ndarray, out: Path) -> None:
    _, frames, channels, height, width = x.shape
    if x.dtype != np.uint8:
        raise _wrong(out, f"pictures are uint8 from 0 to 255, not {x.dtype}; scale, round and convert them")
    if channels not in CHANNELS:
        last = "; the channels come last: move them before height and width" if width in CHANNELS else ""
        raise _wrong(out, f"frames are (C, H, W) with 1 or 3 channels, not {_shape(x[0, 0])}{last or '; convert them'}")
    if height != width:
        raise _wrong(out, f"frames are {height} x {width} pixels and must be square; cut or pad them")
    if frames < 2:
        raise _wrong(out, "sequences have one frame and need two at least; take longer ones")


def check_labels(labels: dict[str, np.ndarray], specs: dict[str, LabelSpec], split: np.ndarray, out: Path) -> None:
    """Raises UserError unless there is a label `action`, and every label counts its classes from 0.

    A class that a judge is to recognise must be in the training split.
    """
    if "action" not in labels:
        raise _wrong(out, "the label 'action' is missing; give all sequences the class 0 where they have no actions")
    if set(labels) != set(specs):
        raise _wrong(out, f"labels {sorted(labels)} and specs {sorted(specs)} differ; describe each label")
    for name, values in labels.items():
        classes = specs[name].classes
        if not np.issubdtype(values.dtype, np.integer):
            raise _wrong(out, f"label '{name}' is {values.dtype}; give integers")
        if values.min() < 0 or values.max() >= len(classes):
            raise _wrong(
                out,
                f"label '{name}' has values from {values.min()} to {values.max()}, but its {len(classes)} classes are"
                f" 0 to {len(classes) - 1}; count from 0",
            )
        unseen = np.setdiff1d(values, values[split == "train"])
        if specs[name].kind != "aside" and unseen.size:
            raise _wrong(
                out,
                f"class '{classes[unseen[0]]}' of label '{name}' is not in the training split, so no judge can learn"
                " it; split the data differently, or make the label one of kind 'aside'",
            )


def _shape(x: np.ndarray) -> str:
    return f"({', '.join(map(str, x.shape))})"


def _wrong(out: Path, what: str) -> UserError:
    return UserError(f"{out}: {what} (in the data set's file in data/datasets/)")
