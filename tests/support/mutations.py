"""Damaged files of every format that the project reads: what the format's reader makes of them.

`FORMATS` has one entry for each format. A short test tries some mutations of each, and tests/campaigns/mutations.py a
thousand.
"""

import atexit
import gzip
import hashlib
import json
import random
import shutil
import struct
import tempfile
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from latentmotion.config import params
from latentmotion.config.downloads import COLUMNS, read_sources
from latentmotion.core.errors import UserError
from latentmotion.core.files import digest, file_digest
from latentmotion.core.history import read_history
from latentmotion.core.records import Evaluation, read_record, write_record
from latentmotion.data.audio.recordings import decode
from latentmotion.data.audio.wav import write_wav
from latentmotion.data.prepare import prepare
from latentmotion.data.prepared import PreparedDataset
from latentmotion.data.readers.idx import read_idx
from latentmotion.data.readers.images import read_picture
from latentmotion.reporting.tabulation.published import read_published
from latentmotion.training.checkpoint import DIGEST_LENGTH, Checkpoint
from latentmotion.training.load import load_run
from support.prepared_data import settings
from support.project import PUBLISHED, ROOT
from support.untrained_runs import write_run

CPU = torch.device("cpu")
STATES_A_DIGEST = ("manifest.json", "record.json", "published.csv.sha256")
KEY = "a" * 64
POINTS = [{"step": step, "total": 1 / step, "gradient_norm": step / 7} for step in range(1, 30)]
RECORD = {
    "verb": "evaluate", "model": "halo", "dataset": "faces", "scale": "tiny", "source": "real", "seed": 0,
    "metrics": [{"protocol": "real", "metric": "mse", "value": 0.5, "n": 3}],
    "judges": {"action": {"test_accuracy": 0.99, "floor": 0.95, "weak": False}},
}  # fmt: skip


@dataclass(frozen=True)
class Format:
    """One format.

    Attributes:
        make: writes a whole file, and what belongs to it, into an empty folder; returns the path of the file.
        read: the content as the project's reader gives it, or a UserError.
        bytes_matter: whether the reader must refuse every file with another content, because a digest is stated.
        repair: makes the stated digest that of the damaged content, as a crafted file would have it.
    """

    make: Callable[[Path], Path]
    read: Callable[[Path], Any]
    bytes_matter: bool
    repair: Callable[[Path], None] | None = None


def mutation(content: bytes, draw: random.Random) -> bytes:
    """The content with one to four changes: bits, bytes, runs of zeros, cuts, insertions and repetitions."""
    changed = bytearray(content)
    for _ in range(draw.randint(1, 4)):
        kind, place = draw.randrange(7), draw.randrange(max(1, len(changed)))
        length = draw.choice((1, 2, 4, 16, 300))
        if kind == 0 and changed:
            changed[place] ^= 1 << draw.randrange(8)
        elif kind == 1 and changed:
            changed[place] = draw.randrange(256)
        elif kind == 2:
            changed[place : place + length] = bytes(min(length, len(changed) - place))
        elif kind == 3:
            changed[place : place + length] = draw.randbytes(min(length, len(changed) - place))
        elif kind == 4:
            del changed[place : place + length]
        elif kind == 5:
            changed[place:place] = draw.choice((draw.randbytes(length), changed[place : place + length]))
        elif draw.random() < 0.2:
            del changed[place:]
    return bytes(changed)


def refused(name: str, folder: Path, numbers: Iterable[int]) -> int:
    """Reads mutations of a whole file of one format, each drawn from its number, and counts those that are refused.

    Raises an AssertionError where the reader accepts other content though it should not, or where its message has
    several lines. Every exception but a UserError is passed on, with the number of the mutation.
    """
    form = FORMATS[name]
    path = form.make(folder)
    whole = {file: file.read_bytes() for file in folder.rglob("*") if file.is_file() and not file.is_symlink()}
    expected, count = form.read(path), 0
    for number in numbers:
        try:
            count += _is_refused(form, path, whole[path], expected, random.Random(f"{name} {number}"))
        except Exception as error:
            error.add_note(f"mutation {number} of {name}")
            raise
        for file, content in whole.items():
            if file == path or file.name in STATES_A_DIGEST:
                file.write_bytes(content)
    return count


def _is_refused(form: Format, path: Path, whole: bytes, expected: Any, draw: random.Random) -> bool:
    path.write_bytes(mutation(whole, draw))
    repaired = form.repair is not None and draw.random() < 0.3
    if repaired:
        form.repair(path)
    try:
        found = form.read(path)
    except UserError as error:
        assert "\n" not in str(error) and str(error), repr(error)
        return True
    if form.bytes_matter and not repaired:
        assert found == expected, "another content was accepted"
    return False


def _png(folder: Path) -> Path:
    Image.fromarray(np.arange(192, dtype=np.uint8).reshape(8, 8, 3)).save(folder / "a.png")
    return folder / "a.png"


def _repair_png(path: Path) -> None:
    """Gives every chunk that still has a length the right check sum."""
    content, place = path.read_bytes(), 8
    parts = [content[:8]]
    while place + 8 <= len(content):
        (length,) = struct.unpack(">I", content[place : place + 4])
        body = content[place + 4 : place + 8 + length]
        parts += [struct.pack(">I", max(0, len(body) - 4)), body, struct.pack(">I", zlib.crc32(body))]
        place += 12 + length
    path.write_bytes(b"".join(parts))


def _read_png(path: Path) -> bytes:
    return read_picture(path, "PNG", ("RGB",), (8, 8)).tobytes()


def _idx(folder: Path) -> Path:
    content = struct.pack(">HBBIII", 0, 8, 3, 5, 4, 4) + bytes(range(80))
    (folder / "a.gz").write_bytes(gzip.compress(content))
    return folder / "a.gz"


def _repair_idx(path: Path) -> None:
    """Packs what was damaged, so that the damage is in the header and the numbers and not in the compression."""
    draw = random.Random(path.read_bytes())
    content = struct.pack(">HBBIII", 0, 8, 3, 5, 4, 4) + bytes(range(80))
    path.write_bytes(gzip.compress(mutation(content, draw)))


def _wav(folder: Path) -> Path:
    write_wav(folder / "a.wav", np.sin(np.arange(400)), 8000)
    return folder / "a.wav"


def _sphere(folder: Path) -> Path:
    lines = ["NIST_1A", "   1024", "sample_rate -i 8000", "channel_count -i 1", "sample_n_bytes -i 2"]
    lines += ["sample_count -i 400", "sample_byte_format -s2 01", "end_head"]
    samples = np.sin(np.arange(400)) * 30_000
    (folder / "a.wav").write_bytes("\n".join(lines).encode().ljust(1024) + samples.astype("<i2").tobytes())
    return folder / "a.wav"


def _decoded(path: Path) -> bytes:
    found = decode(path.read_bytes(), path.name, 8000)
    assert len(found) < 100_000
    return np.asarray(found).tobytes()


@cache
def _prepared_once() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="latentmotion-"))
    atexit.register(shutil.rmtree, folder)
    prepare("rotating_mnist", None, folder / "data", settings("rotating_mnist", "drawn"))
    return folder / "data"


def _prepared(folder: Path) -> Path:
    return Path(shutil.copytree(_prepared_once(), folder / "data"))


def _of_split(name: str) -> Callable[[Path], Path]:
    return lambda folder: _prepared(folder) / "test" / name


def _opened(path: Path) -> bytes:
    split = PreparedDataset.open(path.parents[1]).split("test")
    labels = {name: split.labels[name].tobytes() for name in sorted(split.labels)}
    return np.asarray(split.x).tobytes() + split.seen.tobytes() + repr(labels).encode()


def _repair_manifest(path: Path) -> None:
    """States the digests of the damaged file in the manifest, as a crafted data set would."""
    manifest = path.parents[1] / "manifest.json"
    content = json.loads(manifest.read_text())
    found = file_digest(path)
    content["files"][f"test/{path.name}"] = found
    key = {"x.npy": "sha256", "frames.npz": "frames_sha256"}.get(path.name)
    if key:
        content["splits"]["test"][key] = found
    content["sha256"] = digest(content["splits"])
    content["manifest_sha256"] = digest({key: value for key, value in content.items() if key != "manifest_sha256"})
    manifest.write_text(json.dumps(content))


def _manifest(folder: Path) -> Path:
    return _prepared(folder) / "manifest.json"


def _weights(folder: Path) -> Path:
    data = PreparedDataset.open(_prepared(folder))
    return write_run(folder, "ode2vae", data, "rotating_mnist-drawn") / "weights.safetensors"


def _loaded(path: Path) -> bytes:
    model, _ = load_run(path.parent, CPU)
    return b"".join(value.numpy().tobytes() for value in model.state_dict().values())


def _repair_run(path: Path) -> None:
    record = json.loads((path.parent / "record.json").read_text())
    record.pop("sha256", None)
    (path.parent / "record.json").write_text(json.dumps(record | {"weights": file_digest(path)}))


def _checkpoint(folder: Path) -> Path:
    checkpoint = Checkpoint(folder, KEY)
    checkpoint.folder.mkdir()
    checkpoint.save({"done": 3, "seconds": 1.5, "history": POINTS, "network": {"a": torch.arange(60.0)}})
    return checkpoint.file


def _restored(path: Path) -> bytes:
    state = Checkpoint(path.parents[1], KEY).load(CPU)
    return repr({**state, "network": state["network"]["a"].tolist()}).encode()


def _repair_checkpoint(path: Path) -> None:
    body = path.read_bytes()[DIGEST_LENGTH:]
    path.write_bytes(hashlib.sha256(body).hexdigest().encode() + body)


def _record(folder: Path) -> Path:
    write_record(folder / "record.json", RECORD)
    return folder / "record.json"


def _entries(path: Path) -> dict:
    """The entries that were written. The name of the digest may be damaged, because old records have no digest."""
    found = read_record(path, Evaluation)
    return {key: found.get(key) for key in RECORD}


def _history(folder: Path) -> Path:
    (folder / "history.jsonl").write_text("".join(f"{json.dumps(point)}\n" for point in POINTS))
    return folder / "history.jsonl"


def _params(folder: Path) -> Path:
    (folder / "config").symlink_to(ROOT / "config")
    (folder / "params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
    return folder / "params.yaml"


def _published(folder: Path) -> Path:
    for end in ("", ".sha256"):
        (folder / f"published.csv{end}").write_bytes(PUBLISHED.with_name(f"published.csv{end}").read_bytes())
    return folder / "published.csv"


def _repair_published(path: Path) -> None:
    path.with_name("published.csv.sha256").write_text(f"{file_digest(path)}  published.csv\n")


def _sources(folder: Path) -> Path:
    rows = [["toy", f"a{n}.png", f"https://example.org/a{n}.png", 3, "0" * 64, "CC0", ""] for n in range(5)]
    lines = [",".join(map(str, row)) for row in (COLUMNS, *rows)]
    (folder / "sources.csv").write_text("\n".join(lines) + "\n")
    return folder / "sources.csv"


FORMATS = {
    "png": Format(_png, _read_png, False, _repair_png),
    "idx": Format(_idx, lambda path: read_idx(path, 3).tobytes(), False, _repair_idx),
    "wav": Format(_wav, _decoded, False),
    "sphere": Format(_sphere, _decoded, False),
    "npy": Format(_of_split("x.npy"), _opened, True, _repair_manifest),
    "npz": Format(_of_split("labels.npz"), _opened, True, _repair_manifest),
    "frames": Format(_of_split("frames.npz"), _opened, True, _repair_manifest),
    "manifest": Format(_manifest, lambda path: PreparedDataset.open(path.parent).manifest, True),
    "safetensors": Format(_weights, _loaded, True, _repair_run),
    "checkpoint": Format(_checkpoint, _restored, True, _repair_checkpoint),
    "record": Format(_record, _entries, True),
    "history": Format(_history, read_history, False),
    "params": Format(_params, params.load, False),
    "published": Format(_published, lambda path: read_published(path).to_csv(), True, _repair_published),
    "sources": Format(_sources, lambda path: read_sources("toy", path), False),
}
