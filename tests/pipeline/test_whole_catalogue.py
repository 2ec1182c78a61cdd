"""Every job of the whole catalogue at scale tiny: each system on each of its datasets, every table and every figure."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from support.project import Project, copy

RUNNER = Path(__file__).parents[1] / "support/run_commands.py"


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Project:
    """A copy in which every verb has run, with the arguments that Snakemake gives it, in Snakemake's order."""
    project = copy(tmp_path_factory.mktemp("whole") / "project")
    plan = project.run("snakemake", "-n", "-p")
    mark = "Shell command: "
    lines = [line for line in plan.splitlines() if line.startswith(mark) and " >> " in line]  # short names have none
    commands = [line.removeprefix(mark) for line in lines]
    assert len(commands) > 250
    process = subprocess.run(
        [sys.executable, str(RUNNER)],
        cwd=project.path,
        env=project.environment(),
        input="\n".join(dict.fromkeys(commands)),
        text=True,
        capture_output=True,
    )
    assert process.returncode == 0, process.stderr[-6000:]
    project.run("snakemake", "--touch", "--forceall", "--quiet", "all")
    return project


@pytest.mark.slow
def test_both_tools_rest_when_every_job_has_run(project):
    assert project.planned() == {}
    project.run("latentmotion", "dvc-commit")
    assert json.loads(project.run("dvc", "status", "--json").splitlines()[-1]) == {}


@pytest.mark.slow
def test_every_report_is_there_and_named_on_the_page(project):
    page = (project.path / "reports/index.html").read_text()
    listed = project.run("dvc", "stage", "list", "--name-only").split()
    reports = [name.split("@")[1] for name in listed if name.startswith(("table@", "figure@"))]
    assert len(reports) >= 40
    for name in reports:
        assert f'id="{name}"' in page and (project.path / f"reports/{name}.json").is_file()
    assert "Not made yet" not in page
