"""profiles/slurm against a real SLURM controller: what happens to jobs on clusters changes no bit of what they make.

One workflow of three trainings runs from the beginning to the end of this file: one is cancelled, one killed, one hangs
until its time is over. While that takes its time, the other tests run.
"""

import importlib.util
import json
import shutil
import signal
import socket
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from conftest import Project, copy

sys.path.insert(0, str(Path(__file__).parent / "slurm"))
from cluster import Cluster, missing

LACKING = missing() + [name for name in ["snakemake_executor_plugin_slurm"] if not importlib.util.find_spec(name)]
pytestmark = [
    pytest.mark.slurm,
    pytest.mark.skipif(
        bool(LACKING),
        reason=f"{', '.join(LACKING)} not found; apt-get install slurm-wlm munge, pip install -e '.[cluster]'",
    ),
]

RUNS = "runs/tiny/dsvae/sprites-drawn"
DATA = "data/processed/tiny/sprites-drawn"
STEPS = 80  # so many, that a training is met before its end
SEEDS = CANCELLED, KILLED, HUNG = range(3)
MEMORY, MINUTES = 3000, 30  # of the first try
PATIENCE = 600  # seconds
SUBMIT = [
    "snakemake", "--profile", "profiles/slurm", "--seconds-between-status-checks", "3",
    "--slurm-init-seconds-before-status-checks", "3", "--slurm-status-command", "squeue",  # no accounting here
]  # fmt: skip


@pytest.fixture(scope="module")
def cluster():
    with Cluster() as cluster, pytest.MonkeyPatch.context() as patch:
        for name, value in {**cluster.environment, "LATENTMOTION_CHECKPOINT_SECONDS": "0"}.items():
            patch.setenv(name, value)
        yield cluster


@pytest.fixture(scope="module")
def project(cluster, tmp_path_factory) -> Project:
    """The project at tiny scale, its profile edited as for a site."""
    project = copy(tmp_path_factory.mktemp("slurm") / "project")
    project.edit("config/tiny.yaml", "  dsvae:\n", f"  dsvae:\n    training: {{steps: {STEPS}}}\n")
    ours = f"train: {{mem_mb: {MEMORY}, runtime: {MINUTES}}}"
    project.edit("profiles/slurm/config.yaml", "train: {mem_mb: 16000, runtime: 720}", ours)
    return project


def record(seed: int) -> str:
    return f"{RUNS}/seed{seed}/record.json"


def weights(project: Project, seed: int) -> bytes:
    return (project.path / RUNS / f"seed{seed}/weights.safetensors").read_bytes()


def training(project: Project, seed: int) -> psutil.Process | None:
    """The process that trains a seed of this project and has saved a checkpoint."""
    if not any((project.path / "state" / RUNS / f"seed{seed}").rglob("checkpoint.pt")):
        return None
    for process in psutil.process_iter(["cmdline"]):
        line = process.info["cmdline"] or []
        mine = line[2:4] == ["train", "--model"] and line[line.index("--seed") + 1] == str(seed)
        if mine and process.cwd() == str(project.path):
            return process
    return None


def wait(reached, process=None):
    """The first true value of `reached`, which a workflow that ends before can no longer give."""
    deadline = time.monotonic() + PATIENCE
    while not (value := reached()):
        assert time.monotonic() < deadline, "waited in vain"
        assert process is None or process.poll() is None, process.communicate()[0][-6000:]
        time.sleep(0.02)
    return value


@dataclass
class Disturbed:
    """A workflow under way, and for each seed the environment of its first try."""

    project: Project
    process: object
    first: dict[int, dict[str, str]]


@pytest.fixture(scope="module")
def workflow(cluster, project):
    process = project.start(*SUBMIT, *map(record, SEEDS))
    first = {}
    while left := [seed for seed in SEEDS if seed not in first]:
        seed, found = wait(lambda: next(((s, p) for s in left if (p := training(project, s))), None), process)
        if seed == HUNG:
            found.send_signal(signal.SIGSTOP)
        first[seed] = found.environ()
        task = "{SLURM_ARRAY_JOB_ID}_{SLURM_ARRAY_TASK_ID}".format_map(first[seed])
        if seed == HUNG:
            cluster.run("scontrol", "update", f"JobId={task}", "TimeLimit=1")
        if seed == CANCELLED:
            cluster.run("scancel", task)
        if seed == KILLED:
            found.kill()
    yield Disturbed(project, process, first)
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        process.communicate()


def test_every_training_has_a_job_and_a_gpu_of_its_own(workflow):
    for own in ("SLURM_JOB_ID", "CUDA_VISIBLE_DEVICES"):
        assert len({environment[own] for environment in workflow.first.values()}) == len(SEEDS)


def test_a_second_submitter_is_refused_with_the_holders_name(workflow):
    holder = f"process {workflow.process.pid} of "
    output = workflow.project.fails(*SUBMIT, record(HUNG))
    assert "LockException" in output
    last = output.strip().splitlines()[-1]
    assert last.startswith(f"This folder is held by {holder}") and f" on {socket.gethostname()} since " in last
    output = workflow.project.fails("latentmotion", "unlock")
    assert holder in output and "still works" in output and output.count("\n") == 1


@pytest.fixture(scope="module")
def other(workflow, tmp_path_factory) -> Project:
    """The same project with its data, where nothing is trained."""
    folder = tmp_path_factory.mktemp("other") / "project"
    ignore = shutil.ignore_patterns("runs", "state", "locks", "logs", "*_logs")
    shutil.copytree(workflow.project.path, folder, ignore=ignore)
    return Project(folder)


@pytest.fixture(scope="module")
def undisturbed(workflow, other, tmp_path_factory):
    """Weights by seed, trained without Snakemake and SLURM."""
    folder = tmp_path_factory.mktemp("undisturbed")

    def train(seed: int) -> bytes:
        out = folder / f"seed{seed}"
        if not out.exists():
            ended = workflow.project.path / record(CANCELLED)
            wait(ended.is_file)
            settings = json.dumps(json.loads(ended.read_text())["settings"])
            places = ["--data", DATA, "--out", str(out), "--state", str(folder / "state")]
            other.run("latentmotion", "train", "--model", "dsvae", "--seed", str(seed), *places, "--settings", settings)
        return (out / "weights.safetensors").read_bytes()

    return train


def test_a_killed_submitter_and_its_successor_end_the_same(cluster, other, undisturbed):
    submitter = other.start(*SUBMIT, record(KILLED))
    orphan = wait(lambda: training(other, KILLED), submitter)
    orphan.send_signal(signal.SIGSTOP)  # it outlives its submitter, and does not end before the rest has happened
    job = orphan.environ()["SLURM_JOB_ID"]
    submitter.kill()
    submitter.communicate()
    output = other.run("latentmotion", "unlock")
    assert f"process {submitter.pid} of " in output and f"cancelling its SLURM jobs: {job}" in output
    assert not orphan.is_running()
    other.run(*SUBMIT, record(KILLED))
    assert weights(other, KILLED) == undisturbed(KILLED)


def test_dvc_submits_too(cluster, other):
    shutil.rmtree(other.path / DATA)
    before = len(cluster.jobs())
    options = {"SNAKEMAKE_PROFILE": "profiles/slurm"}
    other.edit("profiles/slurm/config.yaml", "executor: slurm\n", "executor: slurm\nslurm-status-command: squeue\n")
    other.run("dvc", "repro", "--single-item", "prepare-sprites", **options)
    assert [job["Partition"] for job in cluster.jobs()[before:]] == ["cpu"]
    assert (other.path / DATA / "manifest.json").is_file()


def test_disturbed_trainings_end_the_same(cluster, workflow, undisturbed):
    output, _ = workflow.process.communicate(timeout=PATIENCE)
    assert workflow.process.returncode == 0, output[-6000:]
    jobs = {job["JobId"]: job for job in cluster.jobs()}
    states = {seed: jobs[environment["SLURM_JOB_ID"]]["JobState"] for seed, environment in workflow.first.items()}
    assert states == {CANCELLED: "CANCELLED", KILLED: "FAILED", HUNG: "TIMEOUT"}
    assert output.count("Trying to restart job") == 3
    for seed in SEEDS:
        assert weights(workflow.project, seed) == undisturbed(seed)


def test_every_try_asked_for_one_gpu_and_more_time_and_memory_than_the_last(cluster, workflow):
    workflow.process.wait(PATIENCE)
    here = [job for job in cluster.jobs() if job["WorkDir"] == str(workflow.project.path) and job["Partition"] == "gpu"]
    hung = workflow.first[HUNG]["SLURM_JOB_ID"]  # its time was shortened above
    asked = sorted((job["MinMemoryNode"], "" if job["JobId"] == hung else job["TimeLimit"]) for job in here)
    first, second = [(f"{MEMORY * n}M", f"{MINUTES * n // 60:02}:{MINUTES * n % 60:02}:00") for n in (1, 2)]
    assert asked == [(first[0], ""), *[first] * 2, *[second] * 3]
    assert {job["TresPerJob"].replace("/", ":") for job in here} == {"gres:gpu:1"}
