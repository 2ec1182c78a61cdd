"""Jobs on one machine never share a GPU, and a GPU is free again however its job ends."""

import os
import subprocess
import sys
import time

import pytest
import yaml
import yte
from support.project import ROOT

from latentmotion.core.errors import UserError
from latentmotion.pipeline import gpu_lock

SHOW = "import os, time; print(os.environ.get('CUDA_VISIBLE_DEVICES'), flush=True); time.sleep(60)"


@pytest.fixture
def two_gpus(tmp_path, monkeypatch):
    """A driver that lists two GPUs, by names that no other test uses; their names."""
    names = [f"GPU-{tmp_path.name}-{os.getpid()}-{index}" for index in range(2)]
    driver = tmp_path / "nvidia-smi"
    driver.write_text(f"#!/bin/sh\nprintf '{names[0]}\\n{names[1]}\\n'\n")
    driver.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    yield names
    for name in names:
        (gpu_lock.LOCKS / name).unlink(missing_ok=True)


LISTED = ["GPU-aa11", "GPU-ab22", "GPU-cc33"]


@pytest.mark.parametrize(
    ("value", "left"),
    [
        ("0,2", ["GPU-aa11", "GPU-cc33"]), (" 1 , 0 ", ["GPU-ab22", "GPU-aa11"]), ("GPU-cc33", ["GPU-cc33"]),
        ("GPU-ab", ["GPU-ab22"]), ("", []), ("-1", []), ("none", []), ("NoDevFiles", []), ("0,-1,1", ["GPU-aa11"]),
        ("3", []), ("1,3,0", ["GPU-ab22"]), ("GPU-a", []), ("GPU-zz", []), ("0,0", []), ("0,GPU-aa11", []),
        ("MIG-1/2", ["MIG-1/2"]), ("0,,1", ["GPU-aa11"]),
    ],
)  # fmt: skip
def test_the_visible_gpus_are_those_that_cuda_sees(value, left):
    assert gpu_lock.visible(value, LISTED) == left


def test_a_folder_of_locks_that_is_not_ones_own_is_refused(tmp_path, monkeypatch):
    gpu_lock._own_folder(tmp_path / "locks")
    assert (tmp_path / "locks").stat().st_mode & 0o777 == 0o700
    (tmp_path / "link").symlink_to(tmp_path / "locks")
    with pytest.raises(UserError, match="belongs to another user"):
        gpu_lock._own_folder(tmp_path / "link")
    monkeypatch.setattr(gpu_lock.os, "getuid", lambda: -5)
    with pytest.raises(UserError, match="belongs to another user"):
        gpu_lock._own_folder(tmp_path / "locks")


def start(count: int) -> subprocess.Popen:
    command = [sys.executable, "-m", "latentmotion.pipeline.gpu_lock", str(count), sys.executable, "-c", SHOW]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_each_job_has_a_gpu_of_its_own_and_a_killed_job_releases_it(two_gpus):
    jobs = [start(1), start(1)]
    had = [job.stdout.readline().strip() for job in jobs]
    assert sorted(had) == two_gpus
    third = start(1)
    assert "waiting for 1 of 2 GPUs" in third.stderr.readline()
    time.sleep(1.5 * gpu_lock.POLL)
    jobs[1].kill()
    assert third.stdout.readline().strip() == had[1]
    for job in (jobs[0], third):
        job.kill()
    for job in (*jobs, third):
        job.communicate()


def test_a_job_may_take_two_gpus_and_another_none(two_gpus):
    both, none = start(2), start(0)
    assert both.stdout.readline().strip().split(",") == two_gpus
    assert none.stdout.readline().strip() == "None"
    for job in (both, none):
        job.kill()
        job.communicate()


def test_a_request_for_more_gpus_than_there_are_is_one_line(two_gpus):
    job = start(3)
    output, error = job.communicate()
    assert job.returncode == 1 and output == ""
    assert "asks for gpu=3" in error and "lets it use 2" in error and error.count("\n") == 1


def test_numbers_and_names_are_the_same_gpu(two_gpus, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    assert gpu_lock.usable() == [two_gpus[1]]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", two_gpus[0])
    assert gpu_lock.usable() == [two_gpus[0]]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert gpu_lock.usable() == []


def planned(*options: str) -> str:
    """What a dry run of one judge says about its resources."""
    target = "judges/quick/sprites-drawn/hair.json"
    command = [sys.executable, "-m", "snakemake", "-n", "--forcerun", "judge", *options, target]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_profiles_request_the_gpus_that_rules_need(two_gpus):
    with open(ROOT / "profiles/default/config.yaml") as file:
        assert yte.process_yaml(file)["resources"] == ["gpu=2"]


def test_the_multi_gpu_profile_requests_gpus_where_the_default_finds_none(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert "gpu=0" in planned()
    assert "gpu=1" in planned("--profile", "profiles/multi-gpu")


def test_every_rule_that_computes_is_in_the_profiles():
    local = yaml.safe_load((ROOT / "profiles/multi-gpu/config.yaml").read_text())["set-resources"]
    slurm = yaml.safe_load((ROOT / "profiles/slurm/config.yaml").read_text())["__variables__"]["gpu_jobs"]
    written = "".join(file.read_text() for file in (ROOT / "workflow/rules").glob("*.smk"))
    inherited = {"figure_with_page"}  # of figure
    assert set(slurm) == set(local)
    assert (
        written.count("gpu=GPU")
        == written.count("latentmotion.pipeline.gpu_lock {resources.gpu:q}")
        == len(set(slurm) - inherited)
    )
