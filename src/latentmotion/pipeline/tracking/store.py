"""Which store MLflow's runs are written to: a database file on a disk of this machine, or a server on any host.

SQLite relies on file locks and on the order of writes. Network file systems guarantee neither, and a failure can damage
the whole database, so that a database on such a file system is refused. This module imports nothing heavy.
"""

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path, PurePath
from urllib.parse import unquote

import psutil

from latentmotion.core.errors import UserError

VARIABLE = "MLFLOW_TRACKING_URI"
SQLITE = "sqlite:///"
FILES = "mlartifacts"  # the folder beside a database that has the files of its runs
PLACES = [("experiments", "artifact_location"), ("runs", "artifact_uri"), ("logged_models", "artifact_location")]
# The names are those in /proc/mounts. Shared disks with their own locks (gfs2, ocfs2) are as unsafe for SQLite.
NETWORK = {
    "9p", "afs", "beegfs", "beegfs_nodev", "ceph", "cifs", "gfs2", "gpfs", "lustre", "nfs", "nfs4", "ocfs2", "orangefs",
    "panfs", "pvfs2", "smb3", "smbfs", "wekafs", "fuse.beegfs", "fuse.ceph", "fuse.ceph-fuse", "fuse.glusterfs",
    "fuse.juicefs", "fuse.sshfs",
}  # fmt: skip


def named() -> str:
    """The value of MLFLOW_TRACKING_URI; empty where it is not set."""
    return os.environ.get(VARIABLE, "").strip()


def choose(database: Path | None = None) -> str | Path:
    """The address of a server, or the absolute path of a database file on a file system that is safe for it.

    Arguments:
        database: the file that was asked for; without one MLFLOW_TRACKING_URI decides, and without that it is mlflow.db
            in the working directory.

    Raises:
        UserError: the variable names neither a server nor a database file, the file is on a network file system, or it
            is no database.
    """
    uri = named()
    if database is None and uri.startswith(("http://", "https://")):
        return uri.rstrip("/")
    if database is None and uri:
        if not uri.startswith(SQLITE):
            raise UserError(
                f"{VARIABLE}: '{uri}' is neither a server nor a database file; give http://HOST:5000 of an"
                f" `mlflow server`, or {SQLITE}/local/disk/mlflow.db"
            )
        database = Path(uri.removeprefix(SQLITE))
    database = Path(database or "mlflow.db").absolute()
    kind = file_system(database, mounts())
    if kind in NETWORK:
        raise UserError(
            f"{database}: on a network file system ({kind}), where SQLite loses data; set {VARIABLE} to"
            f" {SQLITE}/local/disk/mlflow.db or to a server, http://HOST:5000 (docs/storage.md)"
        )
    if database.is_file():
        _open(database)
    return database


def _open(database: Path) -> None:
    """Reads the list of tables. MLflow itself tries a damaged database again and again, for more than a minute."""
    try:
        with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
            connection.execute("SELECT sql FROM sqlite_master").fetchall()
    except sqlite3.OperationalError:  # another program writes to it, which MLflow waits for
        return
    except sqlite3.DatabaseError as error:
        raise UserError(f"{database}: {error}; move it away and repeat: it is made again from the records") from None


def files(database: Path) -> str:
    """The address of the folder that has the files of all experiments."""
    return (database.parent / FILES).as_uri()


def follow(database: Path) -> None:
    """Corrects the addresses of the files in a database whose folder has been moved or copied.

    MLflow stores absolute addresses. After a move it would not find the files of older runs, and would write those of
    newer ones to the old place. An experiment has moved if its files are beside the database and not where they should
    be by their address; one whose files somebody keeps elsewhere is left alone. A database that cannot be changed is
    left to MLflow, whose error says why.
    """
    if not database.is_file():
        return
    with suppress(sqlite3.Error), closing(sqlite3.connect(database)) as connection, connection:
        for (old,) in connection.execute("SELECT artifact_location FROM experiments").fetchall():
            name = old.rpartition(f"/{FILES}/")[2]
            new = f"{files(database)}/{name}"
            if new == old or name == old or not (database.parent / FILES / unquote(name)).is_dir():
                continue
            for table, column in PLACES:
                connection.execute(
                    f"UPDATE {table} SET {column} = :new || substr({column}, length(:old) + 1)"
                    f" WHERE {column} = :old OR substr({column}, 1, length(:old) + 1) = :old || '/'",
                    {"old": old, "new": new},
                )


def mounts() -> list[tuple[str, str]]:
    """Folder and type of every mounted file system, in the order in which they were mounted."""
    return [(partition.mountpoint, partition.fstype) for partition in psutil.disk_partitions(all=True)]


def file_system(path: Path, mounted: list[tuple[str, str]]) -> str:
    """The type of the file system on which a path lies, after links are followed; empty where none is known.

    It is that of the deepest mounted folder above the path, and of the last one that was mounted there.
    """
    real = PurePath(os.path.realpath(path))
    above = [
        (len(PurePath(folder).parts), order) for order, (folder, _) in enumerate(mounted) if real.is_relative_to(folder)
    ]
    return mounted[max(above)[1]][1] if above else ""
