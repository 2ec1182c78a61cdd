"""160 pickles that act when they are opened, in every file that a pickle could be in: none acts, each is one line."""

import hashlib
import io
import json
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from support import mutations
from support.campaign import report
from support.hostile import pickles
from support.prepared_data import prepared_once

from latentmotion.core.errors import UserError
from latentmotion.core.files import file_digest
from latentmotion.data.prepared import PreparedDataset
from latentmotion.evaluation.judges.label_judge import load_judges
from latentmotion.evaluation.judges.torchscript import load_torchscript

SHOWN = pickles(Path("canary"))  # their names; each test makes pickles for a folder of its own


SPRITES: list[Path] = []  # a data set whose labels have judges


@pytest.fixture(scope="module", autouse=True)
def result(tmp_path_factory):
    SPRITES.append(prepared_once(tmp_path_factory, "sprites", "drawn"))
    yield
    report(f"pickles: {len(SHOWN)} by {len(DOORS)} doors")


@pytest.mark.parametrize("name", SHOWN)
def test_the_pickles_act(name, tmp_path):
    """Otherwise the other test would show nothing."""
    pickle.loads(pickles(tmp_path)[name])
    assert list(tmp_path.iterdir())


def in_a_checkpoint(folder: Path, content: bytes, wrapped: bool = False) -> None:
    path = mutations.FORMATS["checkpoint"].make(folder)
    body = in_a_torch_file(path.read_bytes()[mutations.DIGEST_LENGTH :], content) if wrapped else content
    path.write_bytes(hashlib.sha256(body).hexdigest().encode() + body)
    mutations.FORMATS["checkpoint"].read(path)


def in_a_torch_file(whole: bytes, content: bytes) -> bytes:
    """A file as torch.save writes it, with another pickle in the place of its own."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as old, zipfile.ZipFile(buffer, "w") as new:
        for entry in old.infolist():
            new.writestr(entry.filename, content if entry.filename.endswith("data.pkl") else old.read(entry))
    return buffer.getvalue()


def in_the_weights(folder: Path, content: bytes) -> None:
    form = mutations.FORMATS["safetensors"]
    path = form.make(folder)
    path.write_bytes(content)
    form.repair(path)
    form.read(path)


def in_an_array(folder: Path, content: bytes) -> None:
    form = mutations.FORMATS["npy"]
    path = form.make(folder)
    path.write_bytes(object_array(content))
    form.repair(path)
    form.read(path)


def in_an_archive_of_arrays(folder: Path, content: bytes) -> None:
    form = mutations.FORMATS["npz"]
    path = form.make(folder)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("action.npy", object_array(content))
    form.repair(path)
    form.read(path)


def object_array(content: bytes) -> bytes:
    """A numpy file of Python objects, whose data are a pickle."""
    buffer = io.BytesIO()
    np.save(buffer, np.array([None], dtype=object), allow_pickle=True)
    header = buffer.getvalue()
    return header[: header.index(b"\n") + 1] + content


def in_a_judge(folder: Path, content: bytes) -> None:
    data = PreparedDataset.open(SPRITES[0])
    record = {"weights": hashlib.sha256(content).hexdigest(), "settings": {"width": 4}, "data": data.sha256}
    record["shape"] = [data.shape.channels, data.shape.size]
    for label in data.labels:
        (folder / f"{label}.safetensors").write_bytes(content)
        (folder / f"{label}.json").write_text(json.dumps(record))
    load_judges(folder, data, torch.device("cpu"))


def in_a_network_of_torchscript(folder: Path, content: bytes) -> None:
    """Its sha256 is pinned, and here the pinned one is that of the file."""
    (folder / "i3d.pt").write_bytes(content)
    load_torchscript(folder / "i3d.pt", file_digest(folder / "i3d.pt"), torch.device("cpu"), "i3d", "fvd-i3d")


def in_a_record(folder: Path, content: bytes) -> None:
    path = mutations.FORMATS["record"].make(folder)
    path.write_bytes(content)
    mutations.FORMATS["record"].read(path)


DOORS: dict[str, Callable[[Path, bytes], None]] = {
    "checkpoint": in_a_checkpoint,
    "checkpoint as torch writes it": lambda folder, content: in_a_checkpoint(folder, content, wrapped=True),
    "weights": in_the_weights,
    "array": in_an_array,
    "archive of arrays": in_an_archive_of_arrays,
    "judge": in_a_judge,
    "torchscript": in_a_network_of_torchscript,
    "record": in_a_record,
}


@pytest.mark.parametrize("door", DOORS)
def test_no_pickle_acts(door, tmp_path):
    canary = tmp_path / "canary"
    canary.mkdir()
    for name, content in pickles(canary).items():
        folder = tmp_path / name.replace(" ", "-")
        folder.mkdir()
        with pytest.raises(UserError) as error:
            DOORS[door](folder, content)
        assert "\n" not in str(error.value), name
        assert list(canary.iterdir()) == [], name
