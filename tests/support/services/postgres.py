"""A PostgreSQL of Debian's packages, in a folder and on a port of its own, gone at the end."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .process import free_port, running

USER, PASSWORD, DATABASE = "tracker", "secret", "mlflow"
PROGRAMS = ("initdb", "postgres", "pg_isready", "createdb")


def program(name: str) -> str | None:
    """Debian keeps most of them outside everybody's PATH, one folder a version; the newest counts."""
    folders = sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True)
    return shutil.which(name, path=os.pathsep.join([os.environ["PATH"], *folders]))


def missing() -> list[str]:
    """Programs that this machine lacks."""
    return [name for name in PROGRAMS if not program(name)]


@contextmanager
def postgres() -> Iterator[str]:
    """The URI of an empty database that asks for a password."""
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    # PostgreSQL refuses to run as root, and whom it runs as must own its folder.
    user = {"user": "nobody", "group": pwd.getpwnam("nobody").pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    options = {**user, "cwd": folder}
    port = free_port()
    try:
        if user:
            os.chown(folder, pwd.getpwnam("nobody").pw_uid, user["group"])
        (folder / "password").write_text(PASSWORD)
        (folder / "password").chmod(0o644)
        data = str(folder / "data")
        initdb = [
            program("initdb"),
            "-D",
            data,
            "-U",
            USER,
            "--auth=scram-sha-256",
            "--pwfile",
            "password",
            "--no-sync",
        ]
        subprocess.run(initdb, check=True, capture_output=True, **options)
        # fsync off: nothing here is meant to outlive the machine.
        command = [program("postgres"), "-D", data, "-h", "127.0.0.1", "-p", str(port), "-k", str(folder), "-F"]
        ready = [program("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
        with running(command, lambda: subprocess.run(ready).returncode == 0, folder / "log", **options):
            create = [program("createdb"), "-h", "127.0.0.1", "-p", str(port), "-U", USER, DATABASE]
            subprocess.run(create, check=True, env=os.environ | {"PGPASSWORD": PASSWORD})
            yield f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{port}/{DATABASE}"
    finally:
        shutil.rmtree(folder)
