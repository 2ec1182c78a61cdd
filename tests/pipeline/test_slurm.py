"""profiles/slurm against a real SLURM controller: what happens to jobs on clusters changes no bit of what they make.

One workflow of four trainings runs from the beginning to the end of this file: one is cancelled, one killed, one gets a
notice, one hangs until its time is over. While that takes its time, the other tests run. Then the same trainings are
disturbed at random, and a small table goes the whole way.
"""

import importlib.util
import json
import random
import shutil
import signal
import socket
import time
from dataclasses import dataclass

import psutil
import pytest
from support.campaign import size
from support.project import Project, copy
from support.slurm_cluster import Cluster, missing
from support.small_catalogue import cut

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
SEEDS = CANCELLED, KILLED, HUNG, NOTICED = range(4)
MEMORY, MINUTES = 3000, 30  # of the first try
SHORT = 300  # MB, with which a training cannot end
PATIENCE = 900  # seconds
GPU_RULES = {"train", "judge", "evaluate"}
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


def jobs_of(cluster, project: Project) -> list[dict[str, str]]:
    return [job for job in cluster.jobs() if job["WorkDir"] == str(project.path)]


def training(project: Project, seed: int) -> psutil.Process | None:
    """The process that trains a seed of this project, once its attempt has saved a checkpoint."""
    tokens, saved = [
        {int(path.stem.partition("-")[2]): path for path in project.path.glob(f"state/{RUNS}/seed{seed}/*/{kind}-*")}
        for kind in ("token", "checkpoint")
    ]
    newest = max(tokens, default=0)
    if newest not in saved:
        return None
    try:
        process = psutil.Process(int(tokens[newest].read_text().split()[1]))  # "process 17 on node1, ..."
        return process if "train" in process.cmdline() else None
    except (FileNotFoundError, psutil.NoSuchProcess):  # it has just ended
        return None


def wait(reached, process=None):
    """The first true value of `reached`, which a workflow that ends before can no longer give."""
    deadline = time.monotonic() + PATIENCE
    while not (value := reached()):
        assert time.monotonic() < deadline, "waited in vain"
        assert process is None or process.poll() is None, process.communicate()[0][-6000:]
        time.sleep(0.05)
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
        if seed == NOTICED:
            found.send_signal(signal.SIGUSR1)
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
    output = workflow.project.fails("latentmotion", "unlock-workdir")
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
    output = other.run("latentmotion", "unlock-workdir")
    assert f"process {submitter.pid} of " in output and f"cancelling its SLURM jobs: {job}" in output
    wait(lambda: not orphan.is_running())  # it may still be saving
    other.run(*SUBMIT, record(KILLED))
    assert weights(other, KILLED) == undisturbed(KILLED)


def test_dvc_submits_too(cluster, other):
    cut(other, {"sprites": ["dsvae"]}, {"table2": ["sprites"]}, {"figure_motion_swap": ["sprites"]})
    other.edit("params.yaml", "frame_label: identity", "frame_label: action")  # no data set left has identities
    shutil.rmtree(other.path / DATA)
    before = len(jobs_of(cluster, other))
    options = {"SNAKEMAKE_PROFILE": "profiles/slurm"}
    other.edit("profiles/slurm/config.yaml", "executor: slurm\n", "executor: slurm\nslurm-status-command: squeue\n")
    other.run("latentmotion", "fingerprints")
    other.run("dvc", "repro", "--single-item", "prepare", **options)
    assert [job["Partition"] for job in jobs_of(cluster, other)[before:]] == ["cpu"]
    assert (other.path / DATA / "manifest.json").is_file()


def test_disturbed_trainings_end_the_same(cluster, workflow, undisturbed):
    output, _ = workflow.process.communicate(timeout=PATIENCE)
    assert workflow.process.returncode == 0, output[-6000:]
    jobs = {job["JobId"]: job for job in cluster.jobs()}
    states = {seed: jobs[environment["SLURM_JOB_ID"]]["JobState"] for seed, environment in workflow.first.items()}
    assert states == {CANCELLED: "CANCELLED", KILLED: "FAILED", HUNG: "TIMEOUT", NOTICED: "COMPLETED"}
    assert jobs[workflow.first[NOTICED]["SLURM_JOB_ID"]]["Restarts"] == "1"  # by SLURM; no retry is used up
    assert output.count("Trying to restart job") == 3
    for seed in SEEDS:
        assert weights(workflow.project, seed) == undisturbed(seed)


def test_every_try_asked_for_one_gpu_and_more_time_and_memory_than_the_last(cluster, workflow):
    workflow.process.wait(PATIENCE)
    here = [job for job in jobs_of(cluster, workflow.project) if job["Partition"] == "gpu"]
    hung = workflow.first[HUNG]["SLURM_JOB_ID"]  # its time was shortened above
    asked = sorted((job["MinMemoryNode"], "" if job["JobId"] == hung else job["TimeLimit"]) for job in here)
    first, second = [(f"{MEMORY * n}M", f"{MINUTES * n // 60:02}:{MINUTES * n % 60:02}:00") for n in (1, 2)]
    assert asked == [(first[0], ""), *[first] * 3, *[second] * 3]
    assert {job["TresPerJob"].replace("/", ":") for job in here} == {"gres:gpu:1"}


KILLS = ["SIGTERM", "requeue", "scancel", "SIGKILL", "SIGUSR1", "submitter"]
NEW = 2  # of these kinds happen in no other test


def test_after_random_kills_no_run_is_lost_and_none_is_made_twice(cluster, other, undisturbed, tmp_path):
    """SIGTERM and requeue, which no other test has; with CAMPAIGN=20 there are 20 kills, of every kind."""
    shutil.copytree(other.path, tmp_path / "project", ignore=shutil.ignore_patterns("runs", "state", "logs", "*_logs"))
    project = Project(tmp_path / "project")
    draw = random.Random(20)
    number = size(NEW)
    kills = KILLS[:number] + draw.choices(KILLS, k=max(number - len(KILLS), 0))
    draw.shuffle(kills)
    command = [*SUBMIT, *map(record, SEEDS)]
    submitter = project.start(*command)
    hit = set()
    while kills:
        met = [p for seed in draw.sample(SEEDS, len(SEEDS)) if (p := training(project, seed)) and p.pid not in hit]
        if submitter.poll() is not None:  # a run has failed four times
            submitter.communicate()
            submitter = project.start(*command)
        if not met:
            time.sleep(0.05)
            continue
        kill, process = kills.pop(), met[0]
        hit.add(process.pid)
        try:
            disturb(cluster, process, kill)
        except psutil.NoSuchProcess:  # SLURM was faster
            kills.append(kill)
            continue
        if kill == "submitter":
            submitter.kill()
            submitter.communicate()
            project.run("latentmotion", "unlock-workdir")
            submitter = project.start(*command)
    submitter.communicate(timeout=PATIENCE)
    project.run(*command)
    ended = [job["JobState"] for job in jobs_of(cluster, project)]
    assert ended.count("COMPLETED") == len(SEEDS) and not {"RUNNING", "PENDING", "COMPLETING"} & set(ended)
    assert [weights(project, seed) for seed in SEEDS] == [undisturbed(seed) for seed in SEEDS]
    assert not list((project.path / "state" / RUNS).rglob("*.pt"))


def disturb(cluster, process: psutil.Process, kill: str) -> None:
    """What happens to the job of a training; a submitter is killed by the caller."""
    own = process.environ()
    task = "{SLURM_ARRAY_JOB_ID}_{SLURM_ARRAY_TASK_ID}" if "SLURM_ARRAY_JOB_ID" in own else "{SLURM_JOB_ID}"
    if kill.startswith("SIG"):
        process.send_signal(signal.Signals[kill])
    elif kill == "scancel":
        cluster.run("scancel", task.format_map(own))
    elif kill == "requeue":
        cluster.run("scontrol", "requeue", task.format_map(own))


def test_a_job_that_needs_more_memory_than_it_asked_for_gets_more(cluster, other, undisturbed):
    shutil.rmtree(other.path / RUNS, ignore_errors=True)
    other.edit("profiles/slurm/config.yaml", f"train: {{mem_mb: {MEMORY},", f"train: {{mem_mb: {SHORT},")
    before = len(jobs_of(cluster, other))
    other.run(*SUBMIT, record(KILLED))
    *short, last = jobs_of(cluster, other)[before:]
    assert short and not {job["JobState"] for job in short} - {"OUT_OF_MEMORY", "FAILED"}  # as SLURM's version has it
    log = (cluster.folder / "slurmd.log").read_text()
    assert all(f"{job['JobId']}.0 exceeded memory limit" in log for job in short)
    assert last["JobState"] == "COMPLETED" and int(last["MinMemoryNode"].rstrip("M")) == SHORT * (1 + len(short))
    assert weights(other, KILLED) == undisturbed(KILLED)


def test_a_partition_that_does_not_exist_is_named_before_anything_is_submitted(cluster, other):
    other.edit("profiles/slurm/config.yaml", "gpu_partition: gpu\n", "gpu_partition: gpus\n")
    before = len(cluster.jobs())
    output = other.fails(*SUBMIT, record(HUNG))
    said = (
        "profiles/slurm/config.yaml: gpu_partition: SLURM has no partition 'gpus'; did you mean 'gpu'? (`sinfo` lists"
    )
    assert said in output.strip().splitlines()[-1] and "Traceback" not in output
    assert len(cluster.jobs()) == before


def test_a_table_from_nothing_is_what_this_machine_makes_alone(cluster, tmp_path):
    """Two models on one dataset at tiny scale: data, judges, trainings and scores are jobs, the table is made here."""
    here, there = copy(tmp_path / "here"), copy(tmp_path / "there")
    whole = "models: [halo, halo-unconditional, dsvae, mocogan, s3vae], datasets: [faces, sprites]"
    for project in (here, there):
        project.edit("params.yaml", whole, "models: [dsvae, mocogan], datasets: [faces]")
    planned = there.planned("reports/table2.csv")
    before = len(cluster.jobs())
    there.run(*SUBMIT, "reports/table2.csv")
    jobs = cluster.jobs()[before:]
    here.make_in_one_process("reports/table2.csv")
    for kind in ("csv", "md", "tex"):
        assert (there.path / f"reports/table2.{kind}").read_bytes() == (
            here.path / f"reports/table2.{kind}"
        ).read_bytes()
    assert {job["JobState"] for job in jobs} == {"COMPLETED"}
    trained = [job for job in jobs if job["MinMemoryNode"] == "16000M" and job["TimeLimit"] == "12:00:00"]
    assert len(trained) == 2  # the first try of a training, as the profile asks
    on_gpus = [job for job in jobs if job["Partition"] == "gpu"]
    assert {job["TresPerJob"].replace("/", ":") for job in on_gpus} == {"gres:gpu:1"}
    assert len(on_gpus) == sum(planned[rule] for rule in GPU_RULES) and len(jobs) == len(on_gpus) + planned["prepare"]
