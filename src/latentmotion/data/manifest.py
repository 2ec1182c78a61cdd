"""The manifest of a prepared data set, and whether the files of the data set are those that it describes.

`splits` states for each split the sizes, the class counts and the digests of `x.npy`, `frames.npz` and `continued.npy`;
`sha256` is the digest of `splits`, by which runs and records name the data. `files` has the digest of every file, and
`manifest_sha256` that of all other entries. Data sets that were prepared before the last two entries were introduced
lack them: of these, the labels are checked by their class counts alone.
"""

import zipfile
import zlib
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field

from latentmotion.config.splits import SPLITS
from latentmotion.core.errors import UserError
from latentmotion.core.files import digest, file_digest
from latentmotion.core.records import Record, read_json

OPTIONAL = ("frames.npz", "continued.npy")  # the files of a split that only some data sets have
# What numpy and zipfile raise for damaged files.
DAMAGE = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError, SyntaxError)


class Label(Record):
    """The meaning of a label."""

    kind: str
    classes: list[str] = Field(min_length=1)


class SplitFacts(Record):
    """What the manifest states about a split."""

    sequences: int = Field(ge=1)
    groups: int = Field(ge=1)
    shape: list[int] = Field(min_length=3, max_length=5)
    sha256: str
    classes: dict[str, list[int]]


class Manifest(Record):
    """The entries that readers rely on."""

    settings: dict[str, Any]
    facts: dict[str, Any]
    repeats: bool
    splits: dict[str, SplitFacts]
    labels: dict[str, Label]
    sha256: str
    files: dict[str, str] = {}
    manifest_sha256: str | None = None


def read_manifest(folder: Path) -> dict:
    """The content of a manifest. Raises UserError where it is missing or was altered."""
    path = folder / "manifest.json"
    if not path.is_file():
        raise UserError(f"{path}: no prepared data there; make it with 'snakemake {path}'")
    manifest = read_json(path, Manifest, lambda reason: unusable(folder, path.name, reason))
    stated = manifest.get("manifest_sha256")
    without = {key: value for key, value in manifest.items() if key != "manifest_sha256"}
    right = digest(without) == stated if stated else "files" not in manifest
    if digest(manifest["splits"]) != manifest["sha256"] or not right:
        raise unusable(folder, path.name, "altered after it was written: its sha256 differs")
    if set(manifest["splits"]) != set(SPLITS) or "action" not in manifest["labels"]:
        raise unusable(folder, path.name, "lacks a split or the label 'action'")
    return manifest


def verified_files(folder: Path, manifest: dict, split: str) -> set[str]:
    """The names of a split's files. Raises UserError where one is missing, was altered, or is not in the manifest."""
    stated = manifest["splits"][split]
    expected = {"x.npy": stated["sha256"], "labels.npz": manifest.get("files", {}).get(f"{split}/labels.npz")}
    expected |= {name: stated.get(f"{Path(name).stem}_sha256") for name in OPTIONAL}
    there = {name for name in expected if (folder / split / name).is_file()}
    wanted = {name for name, sha256 in expected.items() if sha256 or name not in OPTIONAL}
    for name in sorted(wanted ^ there):
        raise unusable(folder, f"{split}/{name}", "missing" if name in wanted else "not in the manifest")
    for name in sorted(there):
        if expected[name] and _digest(folder / split / name) != expected[name]:
            raise unusable(folder, f"{split}/{name}", "altered after it was written: its sha256 differs")
    return there


def check_labels(folder: Path, manifest: dict, split: str, labels: dict[str, np.ndarray]) -> None:
    """Raises UserError unless the labels have the names, ranges and class counts that the manifest states."""
    counts = manifest["splits"][split]["classes"]
    if set(labels) != set(counts) or not set(counts) <= set(manifest["labels"]):
        raise unusable(folder, f"{split}/labels.npz", "has other labels than its manifest")
    for name, values in labels.items():
        right = values.ndim == 1 and values.dtype == np.int64 and (values >= 0).all()
        if not right or np.bincount(values, minlength=len(counts[name])).tolist() != counts[name]:
            raise unusable(folder, f"{split}/labels.npz", f"label '{name}' has other class counts than its manifest")


def unusable(folder: Path, file: str, reason: str) -> UserError:
    """The error of a data set that must be prepared again."""
    return UserError(
        f"{folder / file}: {reason}; delete {folder} and prepare it again with 'snakemake {folder}/manifest.json'"
    )


def _digest(path: Path) -> str:
    """The digest of a file, computed once in a process unless the file changes."""
    try:
        state = path.stat()
        return _cached_digest(path.resolve(), state.st_ino, state.st_size, state.st_mtime_ns)
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); get the right to read it") from None


@cache
def _cached_digest(path: Path, *state: int) -> str:
    return file_digest(path)
