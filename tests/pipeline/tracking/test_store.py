"""Which store MLflow writes to, and which places are refused."""

import pytest

from latentmotion.core.errors import UserError
from latentmotion.pipeline.tracking import store

MOUNTED = [
    ("/", "ext4"),
    ("/home", "nfs4"),
    ("/home/local", "xfs"),
    ("/scratch", "lustre"),
    ("/auto", "autofs"),
    ("/auto", "nfs"),
]


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(store.VARIABLE, raising=False)
    monkeypatch.setattr(store, "mounts", lambda: [("/", "ext4")])
    return tmp_path


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/x.db", "ext4"), ("/home/a/x.db", "nfs4"), ("/home/local/x.db", "xfs"), ("/homes/x.db", "ext4"),
     ("/scratch/x.db", "lustre"), ("/auto/x.db", "nfs")],
)  # fmt: skip
def test_the_deepest_mount_decides_the_file_system(path, kind):
    assert store.file_system(path, MOUNTED) == kind


def test_a_link_to_another_file_system_is_followed(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "far")
    mounted = [("/", "ext4"), (str(tmp_path / "far"), "beegfs")]
    assert store.file_system(tmp_path / "link/x.db", mounted) == "beegfs"


def test_this_machines_mounts_are_read():
    assert "/" in dict(store.mounts())


def test_the_default_store_is_a_file_in_the_project(project):
    assert store.choose() == project / "mlflow.db"


@pytest.mark.parametrize("kind", ["nfs4", "lustre", "gpfs", "beegfs", "cifs"])
@pytest.mark.parametrize("variable", ["", "sqlite:////shared/mlflow.db"])
def test_no_database_on_a_network_file_system(project, monkeypatch, kind, variable):
    monkeypatch.setenv(store.VARIABLE, variable)
    monkeypatch.setattr(store, "mounts", lambda: [("/", kind)])
    with pytest.raises(UserError, match=rf"mlflow.db: on a network file system \({kind}\).*set MLFLOW_TRACKING_URI to"):
        store.choose()


def test_the_environment_variable_names_another_store(project, monkeypatch):
    monkeypatch.setenv(store.VARIABLE, "sqlite:////local/disk/mlflow.db")
    assert str(store.choose()) == "/local/disk/mlflow.db"
    monkeypatch.setenv(store.VARIABLE, "http://tracker:5000/")
    assert store.choose() == "http://tracker:5000"
    assert store.choose(project / "own.db") == project / "own.db"  # what is asked for is done


@pytest.mark.parametrize("uri", ["/srv/mlflow", "file:///srv/mlruns", "tracker:5000", "postgresql://db/mlflow"])
def test_what_is_neither_a_server_nor_a_file_is_one_line(project, monkeypatch, uri):
    monkeypatch.setenv(store.VARIABLE, uri)
    with pytest.raises(UserError, match="^MLFLOW_TRACKING_URI: '.*give http://HOST:5000") as error:
        store.choose()
    assert uri in str(error.value) and "\n" not in str(error.value)
