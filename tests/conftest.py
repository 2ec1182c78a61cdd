"""Fixtures of the whole workflow: a copy of the project at scale tiny in which every job has run."""

import os
import shutil
from pathlib import Path

import pytest
from support.project import Project, copy
from support.shared import once
from support.small_catalogue import cut

# Two workers share two cores: more threads would wait for one another. torch reads this when it is loaded.
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """The longest files come first, and those that work with clones of its project last."""
    first = {"test_whole_catalogue.py": 0, "test_dag.py": 0, "test_clone.py": 2, "test_remotes.py": 2}
    items.sort(key=lambda item: first.get(item.path.name, 1))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Under `pytest -n 2` each file is the work of one worker, so that what its fixtures make is made once."""
    from xdist.scheduler import LoadFileScheduling

    return LoadFileScheduling(config, log)


def make_everything(folder: Path) -> None:
    project = copy(folder)
    cut(project)
    project.make_all_in_one_process()
    project.run("latentmotion", "publish", "--configfile", "config/tiny.yaml")
    project.commit()
    project.run("git", "gc", "-q", "--prune=now")  # a file of git for each file here would be half of what is copied


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Project:
    """A project with a small catalogue, in which everything is made. Tests leave it as they find it."""
    made = once(tmp_path_factory, "finished", make_everything)
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return Project(made)
    own = tmp_path_factory.mktemp("finished") / "project"  # both tools lock the folder that they work in
    shutil.copytree(made, own)
    return Project(own)


@pytest.fixture
def duplicate(finished, tmp_path) -> Project:
    """A copy of the finished project, with the times of its files and both tools' memory, that a test may change."""
    shutil.copytree(finished.path, tmp_path / "project")
    return Project(tmp_path / "project")
