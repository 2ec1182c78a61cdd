"""Every job of the whole catalogue at scale tiny: each system on each of its datasets, every table and every figure."""

import json

import pytest
from support.project import Project, copy


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Project:
    """A copy in which every verb has run, with the arguments that Snakemake gives it, in Snakemake's order."""
    project = copy(tmp_path_factory.mktemp("whole") / "project")
    assert project.make_all_in_one_process() > 250
    return project


@pytest.mark.slow
def test_both_tools_rest_when_every_job_has_run(project):
    assert project.planned() == {}
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
