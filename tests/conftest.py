"""Fixtures of the whole workflow: a copy of the project at scale tiny in which every job has run."""

import os
import shutil

import pytest
from support.project import Project, copy
from support.small_catalogue import cut

# Two workers share two cores: more threads would wait for one another. torch reads this when it is loaded.
os.environ.setdefault("OMP_NUM_THREADS", "1")

OF_THE_DAG = ("test_dag.py", "test_resume.py")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Under `pytest -n 2` a file is one worker's, and so are all files that need the finished DAG: it is made once."""
    from xdist.scheduler import LoadFileScheduling

    class OneDAG(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = super()._split_scope(nodeid)
            return "dag" if file.endswith(OF_THE_DAG) else file

    return OneDAG(config, log)


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Project:
    """A project with a small catalogue, in which `snakemake` has made everything. Tests leave it as they find it."""
    project = copy(tmp_path_factory.mktemp("whole") / "project")
    cut(project)
    project.run("snakemake")
    project.commit()
    return project


@pytest.fixture
def duplicate(finished, tmp_path) -> Project:
    """A copy of the finished project, times and both tools' memory included, to be changed at will."""
    shutil.copytree(finished.path, tmp_path / "project")
    return Project(tmp_path / "project")
