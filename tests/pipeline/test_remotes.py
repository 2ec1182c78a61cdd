"""`dvc push` and `make pull`, to a folder and to S3: what is finished in one clone is finished in another."""

import importlib.util
import json
import os
import shutil
from pathlib import Path

import pytest
from support.project import Project, copy
from support.services.s3 import BUCKET, KEYS, client, no_keys, s3
from support.small_catalogue import cut

MODEL, TABLE = "s3vae", "table2"
WEIGHTS = "runs/tiny/s3vae/faces-drawn/seed0/weights.safetensors"
PULL = ("make", "-o", ".venv/.ok", "pull")
LACKING = [name for name in ("dvc_s3", "moto") if not importlib.util.find_spec(name)]
needs_s3 = pytest.mark.skipif(
    bool(LACKING), reason=f"{', '.join(LACKING)} not found; pip install -c constraints.txt -e '.[cluster-test]'"
)


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Project:
    """A project of one training, finished and committed; no remote yet. Its main scores are left to do."""
    project = copy(tmp_path_factory.mktemp("made") / "project")
    cut(project, {"faces": [MODEL]}, {TABLE: ["faces"]}, {})
    project.run("snakemake", TABLE, "site")
    project.commit()
    return project


@pytest.fixture(scope="module")
def s3_server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("s3")
    with pytest.MonkeyPatch.context() as patch, s3(folder) as address:
        for name, value in {**no_keys(folder), **KEYS}.items():
            patch.setenv(name, value)
        yield address


@pytest.fixture(params=["folder", pytest.param("s3", marks=needs_s3)])
def pushed(request, made, tmp_path) -> Project:
    """The finished project with a remote that has everything."""
    shutil.copytree(made.path, tmp_path / "project")
    project = Project(tmp_path / "project")
    if request.param == "folder":
        connect(project, str(tmp_path / "remote"))
    else:
        connect(project, f"s3://{BUCKET}/{tmp_path.name}", request.getfixturevalue("s3_server"))
    project.run("dvc", "push")
    return project


def connect(project: Project, place: str, endpoint: str | None = None) -> None:
    project.run("dvc", "remote", "add", "-q", "-f", "-d", "store", place)
    project.run("dvc", "remote", "modify", "store", "verify", "true")
    if endpoint:
        project.run("dvc", "remote", "modify", "store", "endpointurl", endpoint)
    project.commit()


def clone_of(project: Project, folder: Path) -> Project:
    project.run("git", "clone", "-q", ".", str(folder))
    return Project(folder)


def unfinished(project: Project) -> set[str]:
    """The stages that DVC would run."""
    return set(json.loads(project.run("dvc", "status", "--json").splitlines()[-1]))


def test_a_clone_pulls_what_was_made_and_runs_nothing(pushed, tmp_path):
    clone = clone_of(pushed, tmp_path / "clone")
    assert clone.planned(WEIGHTS)["train"] == 1
    clone.run(*PULL)
    assert clone.planned(WEIGHTS) == {} and clone.planned(TABLE, "site") == {}
    assert unfinished(clone) == {f"evaluate@{MODEL}"}
    assert "Running stage" not in clone.run("dvc", "repro", f"table@{TABLE}", "site")
    assert (clone.path / WEIGHTS).read_bytes() == (pushed.path / WEIGHTS).read_bytes()
    assert clone.run("git", "status", "--short") == ""
    clone.edit("params.yaml", f"system: {MODEL}\n", f"system: {MODEL}\n    training: {{lr: 0.01}}\n")
    assert clone.planned()["train"] == 1


def test_without_a_remote_it_is_said_how_to_name_one(made, tmp_path):
    output = made.fails("dvc", "push")
    assert "no remote specified" in output and "dvc remote add -d" in output
    assert "no DVC remote is named; docs/storage.md says how" in clone_of(made, tmp_path / "clone").fails(*PULL)


def test_a_clone_without_a_lock_is_told(made, tmp_path):
    clone = clone_of(made, tmp_path / "clone")
    (clone.path / "dvc.lock").unlink()
    assert "dvc.lock: not there, so nothing is finished that could be pulled" in clone.fails(*PULL)


def test_a_damaged_file_of_a_remote_is_not_taken(made, tmp_path):
    shutil.copytree(made.path, tmp_path / "project")
    project = Project(tmp_path / "project")
    connect(project, str(tmp_path / "remote"))
    project.run("dvc", "push")
    largest = max((file for file in (tmp_path / "remote").rglob("*") if file.is_file()), key=os.path.getsize)
    largest.chmod(0o644)
    largest.write_bytes(b"damaged")
    clone = clone_of(project, tmp_path / "clone")
    assert "Checkout failed for following targets" in clone.fails(*PULL)
    assert not [file for file in clone.path.rglob("x.npy") if file.read_bytes() == b"damaged"]


@needs_s3
@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("bucket", "The specified bucket does not exist"),
        ("keys", "Unable to locate credentials"),
        ("address", "Could not connect to the endpoint URL"),
    ],
)
def test_what_is_wrong_with_s3_is_said(made, s3_server, tmp_path, monkeypatch, wrong, said):
    shutil.copytree(made.path, tmp_path / "project")
    project = Project(tmp_path / "project")
    bucket = "nobodys" if wrong == "bucket" else BUCKET
    connect(project, f"s3://{bucket}/x", "http://127.0.0.1:9" if wrong == "address" else s3_server)
    if wrong == "keys":
        for name in KEYS:
            monkeypatch.delenv(name)
    before = len(client(s3_server).list_objects_v2(Bucket=BUCKET).get("Contents", []))
    lines = [line for line in project.fails("dvc", "push").splitlines() if line.startswith("ERROR")]
    assert len(lines) == 1 and said in lines[0]
    assert len(client(s3_server).list_objects_v2(Bucket=BUCKET).get("Contents", [])) == before
