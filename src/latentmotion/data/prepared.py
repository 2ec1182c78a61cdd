"""Reading a prepared data set: `PreparedDataset`, which is opened once and then passed on, and its splits.

A prepared data set is a folder with `manifest.json` and one folder for each split (train, validation, test) with

- `x.npy`: the sequences, (N, T, C, H, W) uint8, or (N, T, F) float32 for sound and states;
- `labels.npz`: named integer arrays of length N, and `group`, the id by which the sequences were split;
- `continued.npy` (validation and test of some data sets): the same sequences over more frames;
- `frames.npz` (some data sets): which frames of each sequence a model may see, and which hidden frames are scored.

Arrays are memory-mapped. sequences.py writes these files and checks that the splits are disjoint. manifest.py verifies
them when they are opened.
"""

import io
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from latentmotion.config.splits import LEARNING, SPLITS
from latentmotion.core.errors import UserError
from latentmotion.data.label_spec import LabelSpec
from latentmotion.data.manifest import DAMAGE, check_labels, read_manifest, unusable, verified_files
from latentmotion.models.base import DataShape


@dataclass(frozen=True)
class Split:
    """One split of a prepared data set, memory-mapped.

    Arguments:
        x: the sequences, (N, T, C, H, W) uint8 or (N, T, F) float32.
        labels: name -> (N,) integers.
        group: (N,) integers, the group of each sequence.
        seen: (N, T), the frames that a model may look at.
        scored: (N, T), the hidden frames that this split scores.
        continued: (N, L, C, H, W) with L > T, the same sequences over more frames; None where they are not known.
        repeats: the sequences are periodic: frame T is frame 0 again.
        name: the path of the split's folder, for messages.
    """

    x: np.ndarray
    labels: dict[str, np.ndarray]
    group: np.ndarray
    seen: np.ndarray
    scored: np.ndarray
    continued: np.ndarray | None
    repeats: bool
    name: str

    def __len__(self) -> int:
        return len(self.x)

    def truth(self, length: int, ids: np.ndarray) -> np.ndarray:
        """The chosen sequences over `length` frames: (len(ids), length, C, H, W).

        Raises UserError where so many frames are not known.
        """
        if length > self.x.shape[1] and self.repeats:
            return self.x[ids][:, np.arange(length) % self.x.shape[1]]
        source = self.x if length <= self.x.shape[1] else self.continued
        if source is None or source.shape[1] < length:
            known = self.x.shape[1] if source is None else source.shape[1]
            raise UserError(
                f"{self.name}: sequences of {known} frames, shorter than the {length} that prediction is scored on;"
                " lower evaluation.predict_length or prepare longer ones"
            )
        return source[ids][:, :length]


@dataclass(frozen=True)
class PreparedDataset:
    """A prepared data set: its manifest, read once, and its splits, each opened when `split` is called.

    Arguments:
        folder: where the data set is.
        manifest: the content of `manifest.json`.
        allowed: the splits that may be opened.
    """

    folder: Path
    manifest: dict
    allowed: tuple[str, ...] = SPLITS

    @classmethod
    def open(cls, folder: Path) -> "PreparedDataset":
        """Reads the manifest. Raises UserError where the folder has none, or one that was altered."""
        return cls(Path(folder), read_manifest(Path(folder)))

    def without_test(self) -> "PreparedDataset":
        """The same data set for a job that trains or selects: its test split cannot be opened."""
        return replace(self, allowed=LEARNING)

    @property
    def id(self) -> str:
        """The id of the data set, as in paths: its name in params.yaml, with -drawn where the source is drawn."""
        return self.folder.name

    @property
    def sha256(self) -> str:
        """The digest of all splits."""
        return self.manifest["sha256"]

    @property
    def settings(self) -> dict:
        """The settings with which the data set was prepared."""
        return self.manifest["settings"]

    @property
    def facts(self) -> dict:
        """What the data set's `prepare` states about the data beyond the arrays."""
        return self.manifest["facts"]

    @cached_property
    def labels(self) -> dict[str, LabelSpec]:
        """Name -> meaning of each label."""
        labels = self.manifest["labels"].items()
        return {name: LabelSpec(spec["kind"], tuple(spec["classes"])) for name, spec in labels}

    @cached_property
    def shape(self) -> DataShape:
        """The sizes that a model is built from: those of the training split."""
        train = self.manifest["splits"]["train"]
        _, frames, channels, *sides = train["shape"]
        actions = len(self.labels["action"].classes)
        return DataShape(frames, channels, sides[0] if sides else 1, actions, train["groups"])

    @property
    def has_pictures(self) -> bool:
        """Whether the sequences are pictures, (N, T, C, H, W), and not sound or states, (N, T, F)."""
        return len(self.manifest["splits"]["train"]["shape"]) == 5

    def split(self, name: str) -> Split:
        """Memory-maps one split.

        Raises UserError where the split may not be opened (`without_test`), or where a file is missing, cannot be read,
        or is not the one that the manifest describes.
        """
        if name not in self.allowed:
            raise UserError(f"{self.folder / name}: a job that trains or selects may not open this split; correct it")
        folder = self.folder / name
        there = verified_files(self.folder, self.manifest, name)
        try:
            # With mode "c" a change stays in the memory of this process. Mode "r" would make torch copy the array.
            x = np.load(folder / "x.npy", mmap_mode="c", allow_pickle=False)
            arrays = _read_archive(folder / "labels.npz")
            frames = _read_archive(folder / "frames.npz") if "frames.npz" in there else {}
            longer = "continued.npy" in there
            continued = np.load(folder / "continued.npy", mmap_mode="r", allow_pickle=False) if longer else None
            group = arrays.pop("group")
        except DAMAGE as error:
            raise unusable(self.folder, name, f"unreadable ({error})") from None
        stated = self.manifest["splits"][name]
        if list(x.shape) != stated["shape"] or any(len(array) != len(x) for array in (group, *arrays.values())):
            raise unusable(self.folder, name, "does not fit its manifest")
        check_labels(self.folder, self.manifest, name, arrays)
        seen = frames.get("seen", np.ones(x.shape[:2], bool))
        scored = frames.get("scored", np.zeros(x.shape[:2], bool))
        return Split(x, arrays, group, seen, scored, continued, self.manifest["repeats"], str(folder))


def _read_archive(path: Path) -> dict[str, np.ndarray]:
    with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}
