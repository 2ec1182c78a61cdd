"""The SLURM profile is checked before anything is submitted, and a task of an array runs its own command."""

import base64
import json
import os
import subprocess
import sys
import zlib

import pytest
from support.project import ROOT

from latentmotion.core.errors import UserError
from latentmotion.pipeline import slurm
from latentmotion.training.slurm_job import BEGAN

ENTER = "from latentmotion.pipeline import slurm; slurm.enter_job(); print('first')"


@pytest.fixture
def profile(tmp_path, monkeypatch):
    """The file of a copy of profiles/slurm that Snakemake was started with, on a cluster of partitions gpu and long."""
    file = tmp_path / "site/config.yaml"
    file.parent.mkdir()
    file.write_text((ROOT / "profiles/slurm/config.yaml").read_text())
    (tmp_path / "sinfo").write_text("#!/bin/sh\necho gpu; echo long\n")
    (tmp_path / "sinfo").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(sys, "argv", ["snakemake", "--profile", str(file.parent)])
    return file


def test_a_partition_that_does_not_exist_is_named(profile):
    with pytest.raises(UserError, match="config.yaml: cpu_partition: SLURM has no partition 'cpu'; .*sinfo") as error:
        slurm.check_profile({"halo": 1})
    assert str(profile) in str(error.value)
    profile.write_text(profile.read_text().replace("cpu_partition: cpu", "cpu_partition: long"))
    slurm.check_profile({"halo": 1})


def test_the_profile_may_come_from_the_environment(profile, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["snakemake", "-n"])
    slurm.check_profile({"halo": 1})
    monkeypatch.setenv("SNAKEMAKE_PROFILE", str(profile.parent))
    with pytest.raises(UserError, match="cpu_partition"):
        slurm.check_profile({"halo": 1})


def test_a_controller_that_does_not_answer_is_left_to_the_plugin(profile, tmp_path):
    (tmp_path / "sinfo").write_text("#!/bin/sh\nexit 1\n")
    slurm.check_profile({"halo": 1})


def test_an_array_of_trainings_that_need_different_gpus_is_refused(profile):
    profile.write_text(profile.read_text().replace("cpu_partition: cpu", "cpu_partition: long"))
    slurm.check_profile({"halo": 2, "dsvae": 2})
    with pytest.raises(UserError, match="slurm-array-jobs: .* models.halo.gpus is 2 where others have 1"):
        slurm.check_profile({"halo": 2, "dsvae": 1})


def task(number: str) -> str:
    """What a Snakemake prints that SLURM started as this task of an array of three."""
    commands = {str(n): zlib.compress(f"echo task {n} of {BEGAN}: ${BEGAN}".encode()).hex() for n in (2, 3)}
    option = slurm.ARRAY + base64.b64encode(json.dumps(commands).encode()).decode()
    own = {"SLURM_ARRAY_TASK_ID": number, "SLURM_ARRAY_TASK_MIN": "1", BEGAN: "5"}
    command = [sys.executable, "-c", ENTER, "--executor", "slurm-jobstep", option]
    return subprocess.run(command, env=os.environ | own, capture_output=True, text=True, check=True).stdout


def test_a_task_of_an_array_becomes_its_own_command():
    assert task("1") == "first\n"
    assert task("2") == f"task 2 of {BEGAN}: 5\n"
    assert task("3") == f"task 3 of {BEGAN}: 5\n"
