"""Sequences: what every dataset becomes, on disk and in memory.

A prepared dataset is a folder with `manifest.json` and one folder a split (train, validation, test) of `x.npy`
((N, T, C, H, W) uint8, or (N, T, F) float32 for sound and states) and `labels.npz` (named integer arrays of length N
and `group`, the id by which the split was made). Arrays are memory-mapped. Splits are disjoint by group and by content.

Two more files where a dataset has them. `continued.npy` (validation and test): the same sequences as their source goes
on. `frames.npz`: which frames of each sequence a model may see, and which hidden ones this split scores; the splits of
such a set show the same groups and are disjoint by scored frame.
"""

import hashlib
import io
import json
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from latentmotion.config.splits import SPLITS
from latentmotion.core.errors import UserError
from latentmotion.core.files import digest, file_digest, write_atomic


@dataclass(frozen=True)
class LabelSpec:
    """One label: its classes by name, and what it describes: what is shown ("content"), how it
    moves ("motion"), or something that is not judged ("aside"): kept for reference, or the only one of its kind."""

    kind: str
    classes: tuple[str, ...]


@dataclass
class Prepared:
    """What a dataset's `prepare` returns, before it is written.

    Arguments:
        x: all sequences, (N, T, C, H, W) uint8 or (N, T, F) float32.
        labels: name -> (N,) integers.
        specs: name -> LabelSpec. One of them is `action`.
        group: (N,) integers; a group never crosses splits (character, subject, speaker, digit instance).
        split: (N,) strings, each one of train, validation, test.
        facts: what a reader must know of the source, for the manifest.
        continued: (M, L, C, H, W) uint8 with L > T, how the first M sequences go on, those of validation and test among
            them; their first T frames are x.
        repeats: sequences are periodic: after T frames they begin anew.
        seen: (N, T), the frames that a model may look at.
        scored: (N, T), the hidden frames that the sequence's split scores.
        held_out: what a split keeps from the others: its groups, or the frames that it scores.
    """

    x: np.ndarray
    labels: dict[str, np.ndarray]
    specs: dict[str, LabelSpec]
    group: np.ndarray
    split: np.ndarray
    facts: dict
    continued: np.ndarray | None = None
    repeats: bool = False
    seen: np.ndarray | None = None
    scored: np.ndarray | None = None
    held_out: Literal["groups", "frames"] = "groups"


@dataclass(frozen=True)
class Split:
    """One split, memory-mapped. `seen` and `scored` are (N, T); `name` says where it lies, for messages."""

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
        """How sequences look over `length` frames: (len(ids), length, C, H, W). A UserError where that is not known."""
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


def _content_hashes(x: np.ndarray) -> set[bytes]:
    return {hashlib.blake2b(np.ascontiguousarray(sequence), digest_size=16).digest() for sequence in x}


def _kept_apart(prepared: Prepared, chosen: np.ndarray, x: np.ndarray) -> set:
    """What no other split may have: groups and sequences; or the frames that the split shows or scores.

    A frame that is held out may be shown only by the split that scores it, so its picture is what counts.
    """
    if prepared.held_out == "groups":
        return {("group", int(group)) for group in prepared.group[chosen]} | _content_hashes(x)
    if (prepared.seen & prepared.scored)[chosen].any():
        raise UserError("a frame cannot be both shown and scored; the dataset's prepare() is wrong")
    hidden = x[~(prepared.seen | prepared.scored)[chosen]]
    if hidden.any():
        raise UserError("a hidden frame that this split does not score must be blank; the dataset's prepare() is wrong")
    return {(int(prepared.group[i]), int(t)) for i in chosen for t in np.flatnonzero(prepared.scored[i])}


def _unwritable(out: Path, error: OSError) -> UserError:
    return UserError(f"{out}: cannot be written ({error.strerror}); free space and repeat")


def _write_extras(prepared: Prepared, chosen: np.ndarray, folder: Path) -> list[Path]:
    """The files that only some datasets have. Training needs no sequence longer than it is."""
    files = []
    if prepared.continued is not None and folder.name != "train":
        files.append(folder / "continued.npy")
        np.save(files[-1], prepared.continued[chosen])
    if prepared.seen is not None:
        files.append(folder / "frames.npz")
        np.savez(files[-1], seen=prepared.seen[chosen], scored=prepared.scored[chosen])
    return files


def write(prepared: Prepared, out: Path, settings: dict) -> None:
    """Checks the contract, then puts the folder in place at once: a stopped preparation leaves nothing behind."""
    out = Path(out)
    optional = [part for part in (prepared.seen, prepared.scored) if part is not None]
    counts = {len(part) for part in (prepared.x, prepared.group, prepared.split, *prepared.labels.values(), *optional)}
    if len(counts) != 1:
        raise UserError(f"{out}: arrays of different lengths {sorted(counts)}; the dataset's prepare() is wrong")
    known = len(prepared.x) if prepared.continued is None else len(prepared.continued)
    if (prepared.split[known:] != "train").any():
        raise UserError(f"{out}: only the first {known} sequences go on, not all held-out; its prepare() is wrong")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}."))
    except OSError as error:
        raise _unwritable(out, error) from None
    try:
        temporary.chmod(0o755)  # mkdtemp lets nobody else in
        manifest = {"settings": settings, "facts": prepared.facts, "repeats": prepared.repeats, "splits": {}}
        manifest["labels"] = {n: {"kind": s.kind, "classes": list(s.classes)} for n, s in prepared.specs.items()}
        kept_apart: dict[str, set] = {}
        for split in SPLITS:
            chosen = np.flatnonzero(prepared.split == split)
            if not len(chosen):
                raise UserError(f"{out}: split '{split}' is empty; give it more groups in params.yaml")
            (temporary / split).mkdir()
            x = np.ascontiguousarray(prepared.x[chosen])
            labels = {name: values[chosen].astype(np.int64) for name, values in prepared.labels.items()}
            np.save(temporary / split / "x.npy", x)
            np.savez(temporary / split / "labels.npz", **labels, group=prepared.group[chosen].astype(np.int64))
            extras = _write_extras(prepared, chosen, temporary / split)
            kept_apart[split] = _kept_apart(prepared, chosen, x)
            manifest["splits"][split] = {
                "sequences": len(chosen),
                "groups": len(np.unique(prepared.group[chosen])),
                "shape": list(x.shape),
                "sha256": file_digest(temporary / split / "x.npy"),
                **{f"{file.stem}_sha256": file_digest(file) for file in extras},
                "classes": {
                    n: np.bincount(v, minlength=len(prepared.specs[n].classes)).tolist() for n, v in labels.items()
                },
            }
        for a, b in (("train", "validation"), ("train", "test"), ("validation", "test")):
            if shared := kept_apart[a] & kept_apart[b]:
                what = "groups or sequences" if prepared.held_out == "groups" else "frames"
                raise UserError(f"{out}: splits {a} and {b} share {len(shared)} {what}; the split is wrong")
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
        # "c": what a process writes would stay its own. torch takes no array that cannot be written without a copy.
        x = np.load(folder / split / "x.npy", mmap_mode="c", allow_pickle=False)
        arrays = _archive(folder / split / "labels.npz")
        hidden = folder / split / "frames.npz"
        frames = _archive(hidden) if hidden.is_file() else {}
        longer = folder / split / "continued.npy"
        continued = np.load(longer, mmap_mode="r", allow_pickle=False) if longer.is_file() else None
    except (OSError, ValueError) as error:
        raise UserError(f"{folder / split}: unreadable ({error}); delete {folder} and prepare it again") from None
    if list(x.shape) != manifest["splits"][split]["shape"] or any(len(a) != len(x) for a in arrays.values()):
        raise UserError(f"{folder / split}: does not fit its manifest; delete {folder} and prepare it again")
    group = arrays.pop("group")
    seen = frames.get("seen", np.ones(x.shape[:2], bool))
    scored = frames.get("scored", np.zeros(x.shape[:2], bool))
    return Split(x, arrays, group, seen, scored, continued, manifest["repeats"], str(folder / split))


def _archive(path: Path) -> dict[str, np.ndarray]:
    with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}
