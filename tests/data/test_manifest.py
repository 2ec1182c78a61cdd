"""A prepared data set is what its manifest says, or it is refused in one line."""

import json
import shutil

import numpy as np
import pytest
from support.prepared_data import prepared_once

from latentmotion.core.errors import UserError
from latentmotion.core.files import digest
from latentmotion.data import manifest as module
from latentmotion.data.prepared import PreparedDataset

SPLITS = ("train", "validation", "test")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return prepared_once(tmp_path_factory, "rotating_mnist", "drawn")


@pytest.fixture
def folder(whole, tmp_path):
    shutil.copytree(whole, tmp_path / "data")
    return tmp_path / "data"


def open_all(folder):
    data = PreparedDataset.open(folder)
    return [data.split(split) for split in SPLITS]


def test_every_file_is_in_the_manifest(whole):
    content = json.loads((whole / "manifest.json").read_text())
    assert set(content["files"]) == {path.relative_to(whole).as_posix() for path in whole.rglob("*.np?")}
    assert content["sha256"] == digest(content["splits"]), "runs and records name the data by this digest"


def test_arrays_of_zeros_and_of_another_split_are_refused(folder):
    x = np.load(folder / "test/x.npy")
    np.save(folder / "test/x.npy", np.zeros_like(x))
    with pytest.raises(UserError, match="test/x.npy: altered"):
        open_all(folder)
    shutil.copyfile(folder / "validation/x.npy", folder / "test/x.npy")
    with pytest.raises(UserError, match="test/x.npy: altered"):
        open_all(folder)


@pytest.mark.parametrize("file", ["x.npy", "labels.npz", "frames.npz"])
def test_a_missing_file_is_an_error(folder, file):
    (folder / "validation" / file).unlink()
    with pytest.raises(UserError, match=f"validation/{file}: missing"):
        open_all(folder)


def test_a_file_of_which_the_manifest_knows_nothing_is_an_error(folder):
    shutil.copyfile(folder / "test/x.npy", folder / "test/continued.npy")
    with pytest.raises(UserError, match="test/continued.npy: not in the manifest"):
        open_all(folder)


@pytest.fixture
def older(folder):
    """The data set as it was written before the manifest held the digests of all files and its own."""
    content = json.loads((folder / "manifest.json").read_text())
    for key in ("files", "manifest_sha256"):
        del content[key]
    (folder / "manifest.json").write_text(json.dumps(content))
    return folder


def test_a_data_set_from_before_is_verified_as_far_as_its_manifest_goes(older):
    open_all(older)
    labels = dict(np.load(older / "test/labels.npz"))
    np.savez(older / "test/labels.npz", **labels | {"action": labels["action"] + 1})
    with pytest.raises(UserError, match="test/labels.npz: label 'action' has other class counts than its manifest"):
        open_all(older)
    (older / "test/labels.npz").write_bytes(b"PK")
    with pytest.raises(UserError, match="test: unreadable"):
        open_all(older)
    (older / "test/frames.npz").unlink()
    with pytest.raises(UserError, match="test/frames.npz: missing"):
        open_all(older)


def test_a_file_is_hashed_once_in_a_process_unless_it_changes(folder, monkeypatch):
    hashed, whole = [], module.file_digest
    monkeypatch.setattr(module, "file_digest", lambda path: hashed.append(path) or whole(path))
    for _ in range(2):
        open_all(folder)
    assert len(hashed) == len(set(hashed)) == 9
    (folder / "test/x.npy").write_bytes((folder / "test/x.npy").read_bytes() + b"1")
    with pytest.raises(UserError, match="test/x.npy: altered"):
        open_all(folder)
