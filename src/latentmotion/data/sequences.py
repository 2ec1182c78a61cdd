"""Writing a prepared data set: what `prepare` of a data set returns, the checks of its splits, and the files.

prepared.py describes the files and reads them.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from latentmotion.config.splits import SPLITS
from latentmotion.core.errors import UserError
from latentmotion.core.files import digest, file_digest, remove_left_overs, whole_folder, write_atomic
from latentmotion.data.contract import check_labels, check_sequences
from latentmotion.data.label_spec import LabelSpec


@dataclass
class Sequences:
    """All sequences of a data set with their labels and splits, before they are written.

    Arguments:
        x: all sequences, (N, T, C, H, W) uint8 or (N, T, F) float32.
        labels: name -> (N,) integers.
        specs: name -> meaning of the label. One label is `action`.
        group: (N,) integers; a group (character, subject, speaker, digit instance) is never in two splits.
        split: (N,) strings, each one of train, validation, test.
        facts: what a reader must be told about the source; the manifest holds it.
        continued: (M, L, C, H, W) uint8 with L > T, the first M sequences over more frames; their first T frames are x.
            The sequences of validation and test must be among them.
        repeats: the sequences are periodic: frame T is frame 0 again.
        seen: (N, T), the frames that a model may look at.
        scored: (N, T), the hidden frames that the sequence's split scores.
        held_out: what a split does not share with the others: its groups, or the frames that it scores.
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


def write(sequences: Sequences, out: Path, settings: dict) -> None:
    """Checks the sequences and writes the folder `out`, whole or not at all.

    Raises UserError where arrays differ in length or break the contract (contract.py), a split is empty, two splits
    share what they must not share, or the folder cannot be written.
    """
    out = Path(out)
    _check_lengths(sequences, out)
    check_sequences(sequences.x, out)
    check_labels(sequences.labels, sequences.specs, sequences.split, out)
    remove_left_overs(out)
    with whole_folder(out) as temporary:
        manifest = {"settings": settings, "facts": sequences.facts, "repeats": sequences.repeats, "splits": {}}
        manifest["labels"] = {n: {"kind": s.kind, "classes": list(s.classes)} for n, s in sequences.specs.items()}
        exclusive: dict[str, set] = {}
        for split in SPLITS:
            chosen = np.flatnonzero(sequences.split == split)
            if not len(chosen):
                raise UserError(f"{out}: split '{split}' is empty; give it more groups in params.yaml")
            manifest["splits"][split] = _write_split(sequences, chosen, temporary / split)
            exclusive[split] = _exclusive(sequences, chosen)
        _check_disjoint(sequences, exclusive, out)
        manifest["sha256"] = digest(manifest["splits"])
        manifest["files"] = {
            file.relative_to(temporary).as_posix(): file_digest(file) for file in sorted(temporary.rglob("*.np?"))
        }
        manifest["manifest_sha256"] = digest(json.loads(json.dumps(manifest)))
        write_atomic(temporary / "manifest.json", json.dumps(manifest, indent=1).encode() + b"\n")


def _check_lengths(sequences: Sequences, out: Path) -> None:
    optional = [part for part in (sequences.seen, sequences.scored) if part is not None]
    parts = (sequences.x, sequences.group, sequences.split, *sequences.labels.values(), *optional)
    counts = {len(part) for part in parts}
    if len(counts) != 1:
        raise UserError(f"{out}: arrays of different lengths {sorted(counts)}; the dataset's prepare() is wrong")
    known = len(sequences.x) if sequences.continued is None else len(sequences.continued)
    if (sequences.split[known:] != "train").any():
        raise UserError(f"{out}: only the first {known} sequences go on, not all held-out; its prepare() is wrong")


def _write_split(sequences: Sequences, chosen: np.ndarray, folder: Path) -> dict:
    """Writes the chosen sequences to `folder`. Returns what the manifest holds about the split."""
    folder.mkdir()
    x = np.ascontiguousarray(sequences.x[chosen])
    labels = {name: values[chosen].astype(np.int64) for name, values in sequences.labels.items()}
    np.save(folder / "x.npy", x)
    np.savez(folder / "labels.npz", **labels, group=sequences.group[chosen].astype(np.int64))
    optional = _write_optional_files(sequences, chosen, folder)
    return {
        "sequences": len(chosen),
        "groups": len(np.unique(sequences.group[chosen])),
        "shape": list(x.shape),
        "sha256": file_digest(folder / "x.npy"),
        **{f"{file.stem}_sha256": file_digest(file) for file in optional},
        "classes": {n: np.bincount(v, minlength=len(sequences.specs[n].classes)).tolist() for n, v in labels.items()},
    }


def _write_optional_files(sequences: Sequences, chosen: np.ndarray, folder: Path) -> list[Path]:
    """The files that only some data sets have. Training needs no continued sequences, so its split has none."""
    files = []
    if sequences.continued is not None and folder.name != "train":
        files.append(folder / "continued.npy")
        np.save(files[-1], sequences.continued[chosen])
    if sequences.seen is not None:
        files.append(folder / "frames.npz")
        np.savez(files[-1], seen=sequences.seen[chosen], scored=sequences.scored[chosen])
    return files


def _exclusive(sequences: Sequences, chosen: np.ndarray) -> set:
    """What no other split may have: groups and digests of sequences, or the frames that this split scores.

    Where frames are held out, a sequence may show the frames of every split, but a hidden frame only in the split that
    scores it: elsewhere its picture must be blank.
    """
    if sequences.held_out == "groups":
        return {("group", int(group)) for group in sequences.group[chosen]} | _content_digests(sequences.x[chosen])
    if (sequences.seen & sequences.scored)[chosen].any():
        raise UserError("a frame cannot be both shown and scored; the dataset's prepare() is wrong")
    hidden = sequences.x[chosen][~(sequences.seen | sequences.scored)[chosen]]
    if hidden.any():
        raise UserError("a hidden frame that this split does not score must be blank; the dataset's prepare() is wrong")
    return {(int(sequences.group[i]), int(t)) for i in chosen for t in np.flatnonzero(sequences.scored[i])}


def _content_digests(x: np.ndarray) -> set[bytes]:
    return {hashlib.blake2b(np.ascontiguousarray(sequence), digest_size=16).digest() for sequence in x}


def _check_disjoint(sequences: Sequences, exclusive: dict[str, set], out: Path) -> None:
    for a, b in (("train", "validation"), ("train", "test"), ("validation", "test")):
        if shared := exclusive[a] & exclusive[b]:
            what = "groups or sequences" if sequences.held_out == "groups" else "frames"
            raise UserError(f"{out}: splits {a} and {b} share {len(shared)} {what}; the split is wrong")
