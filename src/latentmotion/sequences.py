"""Sequences: what every dataset becomes, on disk and in memory.

A prepared dataset is a folder with `manifest.json` and one folder a split (train, validation, test) of `x.npy`
((N, T, C, H, W) uint8, or (N, T, F) float32 for sound and states) and `labels.npz` (named integer arrays of length N
and `group`, the id by which the split was made). Arrays are memory-mapped. Splits are disjoint by group and by content.
"""

import hashlib
import io
import json
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from latentmotion.errors import UserError
from latentmotion.records import digest, file_digest, write_atomic
from latentmotion.splits import SPLITS


@dataclass(frozen=True)
class LabelSpec:
    """One label: its classes by name, and what it describes: what is shown ("content"), how it
    moves ("motion"), or something that is kept for reference and not judged ("aside")."""

    kind: str
    classes: tuple[str, ...]


@dataclass
class Prepared:
    """What a dataset's `prepare` returns, before it is written.

    Arguments:
        x: all sequences, (N, T, C, H, W) uint8 or (N, T, F) float32.
        labels: name -> (N,) integers.
        specs: name -> LabelSpec. Exactly one motion label is `action`.
        group: (N,) integers; a group never crosses splits (character, subject, speaker, digit instance).
        split: (N,) strings, each one of train, validation, test.
        facts: what a reader must know of the source, for the manifest.
    """

    x: np.ndarray
    labels: dict[str, np.ndarray]
    specs: dict[str, LabelSpec]
    group: np.ndarray
    split: np.ndarray
    facts: dict


@dataclass(frozen=True)
class Split:
    """One split, memory-mapped."""

    x: np.ndarray
    labels: dict[str, np.ndarray]
    group: np.ndarray

    def __len__(self) -> int:
        return len(self.x)


def _content_hashes(x: np.ndarray) -> set[bytes]:
    return {hashlib.blake2b(np.ascontiguousarray(sequence), digest_size=16).digest() for sequence in x}


def _unwritable(out: Path, error: OSError) -> UserError:
    return UserError(f"{out}: cannot be written ({error.strerror}); free space and repeat")


def write(prepared: Prepared, out: Path, settings: dict) -> None:
    """Checks the contract, then puts the folder in place at once: a stopped preparation leaves nothing behind."""
    out = Path(out)
    counts = {len(prepared.x), len(prepared.group), len(prepared.split), *map(len, prepared.labels.values())}
    if len(counts) != 1:
        raise UserError(f"{out}: arrays of different lengths {sorted(counts)}; the dataset's prepare() is wrong")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}."))
    except OSError as error:
        raise _unwritable(out, error) from None
    try:
        temporary.chmod(0o755)  # mkdtemp lets nobody else in
        manifest = {"settings": settings, "facts": prepared.facts, "splits": {}}
        manifest["labels"] = {n: {"kind": s.kind, "classes": list(s.classes)} for n, s in prepared.specs.items()}
        seen: dict[str, set] = {}
        for split in SPLITS:
            chosen = np.flatnonzero(prepared.split == split)
            if not len(chosen):
                raise UserError(f"{out}: split '{split}' is empty; give it more groups in params.yaml")
            (temporary / split).mkdir()
            x = np.ascontiguousarray(prepared.x[chosen])
            labels = {name: values[chosen].astype(np.int64) for name, values in prepared.labels.items()}
            np.save(temporary / split / "x.npy", x)
            np.savez(temporary / split / "labels.npz", **labels, group=prepared.group[chosen].astype(np.int64))
            seen[split] = {("group", int(g)) for g in prepared.group[chosen]} | _content_hashes(x)
            manifest["splits"][split] = {
                "sequences": len(chosen),
                "groups": len(np.unique(prepared.group[chosen])),
                "shape": list(x.shape),
                "sha256": file_digest(temporary / split / "x.npy"),
                "classes": {
                    n: np.bincount(v, minlength=len(prepared.specs[n].classes)).tolist() for n, v in labels.items()
                },
            }
        for a, b in (("train", "validation"), ("train", "test"), ("validation", "test")):
            if seen[a] & seen[b]:
                raise UserError(
                    f"{out}: splits {a} and {b} share {len(seen[a] & seen[b])} groups or sequences; the split is wrong"
                )
        manifest["sha256"] = digest(manifest["splits"])
        write_atomic(temporary / "manifest.json", json.dumps(manifest, indent=1).encode() + b"\n")
        shutil.rmtree(out, ignore_errors=True)
        temporary.rename(out)
    except OSError as error:
        raise _unwritable(out, error) from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def read_manifest(folder: Path) -> dict:
    path = Path(folder) / "manifest.json"
    if not path.is_file():
        raise UserError(f"{path}: no prepared data there; make it with 'snakemake {path}'")
    return json.loads(path.read_text())


def label_specs(manifest: dict) -> dict[str, LabelSpec]:
    return {name: LabelSpec(spec["kind"], tuple(spec["classes"])) for name, spec in manifest["labels"].items()}


def open_split(folder: Path, split: str) -> Split:
    """Memory-maps one split and checks its length against the manifest."""
    folder = Path(folder)
    manifest = read_manifest(folder)
    try:
        x = np.load(folder / split / "x.npy", mmap_mode="r", allow_pickle=False)
        with np.load(io.BytesIO((folder / split / "labels.npz").read_bytes()), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except (OSError, ValueError) as error:
        raise UserError(f"{folder / split}: unreadable ({error}); delete {folder} and prepare it again") from None
    if list(x.shape) != manifest["splits"][split]["shape"] or any(len(a) != len(x) for a in arrays.values()):
        raise UserError(f"{folder / split}: does not fit its manifest; delete {folder} and prepare it again")
    group = arrays.pop("group")
    return Split(x, arrays, group)
