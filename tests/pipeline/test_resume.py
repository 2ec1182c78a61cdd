"""A training killed at any moment goes on from its checkpoint and ends with the same bits, whoever runs it."""

import json
import shutil
import time

import psutil
import pytest
from support.project import Project, copy
from support.small_catalogue import cut

pytestmark = pytest.mark.slow

RUN = "runs/tiny/dsvae/faces-drawn/seed0"
STEPS = 60
SAVE_EACH_STEP = {"LATENTMOTION_CHECKPOINT_SECONDS": "0"}


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Project:
    """A project with one training, which nobody disturbed."""
    project = copy(tmp_path_factory.mktemp("trained") / "project")
    project.edit("config/tiny.yaml", "  dsvae:\n", f"  dsvae:\n    training: {{steps: {STEPS}}}\n")
    cut(project, {"faces": ["dsvae"]}, {"table2": ["faces"]}, {"figure_motion_swap": ["faces"]})
    project.make_in_one_process(f"{RUN}/record.json")
    return project


@pytest.fixture(scope="module")
def unkilled(trained) -> bytes:
    return (trained.path / RUN / "weights.safetensors").read_bytes()


@pytest.fixture
def project(trained, tmp_path) -> Project:
    """A copy in which the training is still to be done."""
    shutil.copytree(trained.path, tmp_path / "project")
    shutil.rmtree(tmp_path / "project" / RUN)
    return Project(tmp_path / "project")


def by_hand(project, folder) -> list[str]:
    settings = json.loads((project.path / RUN / "record.json").read_text())["settings"]
    places = ["--data", "data/processed/tiny/faces-drawn", "--out", str(folder / "out"), "--state", str(folder / "s")]
    return ["latentmotion", "train", "--model", "dsvae", "--seed", "0", *places, "--settings", json.dumps(settings)]


def kill_at_checkpoint(process, state, everything=False) -> None:
    """SIGKILL to the training, or to all that runs, as soon as a checkpoint lies in its state folder."""
    deadline = time.monotonic() + 120
    while not any(state.rglob("checkpoint-*.pt")):
        assert process.poll() is None and time.monotonic() < deadline, process.communicate()[0][-4000:]
        time.sleep(0.01)
    parent = psutil.Process(process.pid)
    for member in [parent, *parent.children(recursive=True)]:
        if everything or "train --model" in " ".join(member.cmdline()):
            member.kill()


def test_by_hand(trained, unkilled, tmp_path):
    command = by_hand(trained, tmp_path)
    process = trained.start(*command, **SAVE_EACH_STEP)
    kill_at_checkpoint(process, tmp_path / "s")
    process.communicate()
    assert not (tmp_path / "out/weights.safetensors").exists()
    trained.run(*command)
    assert (tmp_path / "out/weights.safetensors").read_bytes() == unkilled
    assert not any((tmp_path / "s").rglob("checkpoint-*.pt"))


def test_under_snakemake(project, unkilled):
    """The killed job is tried again by the same Snakemake; after a power loss, by the next one."""
    target = f"{RUN}/record.json"
    process = project.start("snakemake", target, **SAVE_EACH_STEP)
    kill_at_checkpoint(process, project.path / "state" / RUN)
    output, _ = process.communicate()
    assert process.returncode == 0, output[-4000:]
    assert "Trying to restart job" in output
    assert (project.path / RUN / "weights.safetensors").read_bytes() == unkilled

    shutil.rmtree(project.path / RUN)
    process = project.start("snakemake", target, **SAVE_EACH_STEP)
    kill_at_checkpoint(process, project.path / "state" / RUN, everything=True)
    process.communicate()
    assert "LockException" in project.fails("snakemake", target)
    project.run("snakemake", "--unlock")
    project.run("snakemake", target)
    assert (project.path / RUN / "weights.safetensors").read_bytes() == unkilled


def test_under_dvc(project, unkilled):
    project.run("latentmotion", "fingerprints")
    process = project.start("dvc", "repro", "--single-item", "train@dsvae", **SAVE_EACH_STEP)
    kill_at_checkpoint(process, project.path / "state" / RUN, everything=True)
    process.communicate()
    project.run("snakemake", "--unlock")
    project.run("dvc", "repro", "--single-item", "train@dsvae")
    assert (project.path / RUN / "weights.safetensors").read_bytes() == unkilled
    assert project.planned("train_dsvae") == {}
