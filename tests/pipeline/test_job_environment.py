"""The environment of jobs: threads wait passively, and an allocator is loaded where there is one that can be loaded."""

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.project import ROOT

from latentmotion.pipeline import job_environment
from latentmotion.training import resource_usage

LOADED = "import sys; print(*{w for w in open('/proc/self/maps').read().split() if 'malloc' in w.split('/')[-1]})"
RECORDED = "from latentmotion.training import resource_usage; print(resource_usage.machine()['allocator'])"


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    """No library is named, and what was found before is forgotten."""
    monkeypatch.delenv(job_environment.VARIABLE, raising=False)
    monkeypatch.delenv("LD_PRELOAD", raising=False)
    job_environment.allocator.cache_clear()
    yield
    job_environment.allocator.cache_clear()


@pytest.fixture
def library(tmp_path) -> Path:
    """A library that can be loaded and bears the name of an allocator: a copy of the C library's mathematics."""
    words = Path("/proc/self/maps").read_text().split()
    return Path(shutil.copy(next(word for word in words if "/libm" in word), tmp_path / job_environment.NAMES[0]))


def in_a_job(code: str) -> str:
    """What Python prints in the environment of a job. LOADED prints the libraries in its memory that allocate."""
    command = f"{job_environment.exports()}; '{sys.executable}' -c \"{code}\""
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0 and done.stderr == ""
    return done.stdout.strip()


def test_threads_wait_passively_with_and_without_an_allocator(monkeypatch, library):
    show = "import os; print(os.environ['OMP_WAIT_POLICY'], os.environ['GOMP_SPINCOUNT'])"
    for named in ("off", str(library)):
        monkeypatch.setenv(job_environment.VARIABLE, named)
        job_environment.allocator.cache_clear()
        assert in_a_job(show) == "passive 0"


def test_a_named_library_is_loaded_and_recorded(monkeypatch, library, capsys):
    monkeypatch.setenv(job_environment.VARIABLE, str(library))
    assert in_a_job(RECORDED) == library.name
    job_environment.say()
    (line,) = capsys.readouterr().err.splitlines()
    assert line == f"Jobs allocate memory with {library}, which LATENTMOTION_ALLOCATOR names."


def test_a_library_is_found_where_the_loader_looks(monkeypatch, library):
    monkeypatch.setenv("LD_LIBRARY_PATH", str(library.parent))
    assert job_environment.allocator()[0] == library.name
    assert in_a_job(LOADED) == str(library)


@pytest.mark.parametrize("content", [None, "no library"])
def test_a_library_that_cannot_be_loaded_is_said_and_not_used(monkeypatch, tmp_path, content):
    file = tmp_path / "libtcmalloc.so"
    if content:
        file.write_text(content)
    monkeypatch.setenv(job_environment.VARIABLE, str(file))
    found, sentence = job_environment.allocator()
    assert found is None and sentence.endswith("cannot be loaded.") and str(file) in sentence
    assert "LD_PRELOAD" not in job_environment.exports()


def test_it_can_be_switched_off_even_where_there_is_a_library(monkeypatch, library):
    monkeypatch.setenv("LD_LIBRARY_PATH", str(library.parent))
    monkeypatch.setenv(job_environment.VARIABLE, "off")
    assert job_environment.allocator()[0] is None
    assert in_a_job(LOADED) == ""


def test_what_is_loaded_already_stays(monkeypatch, library):
    other = shutil.copy(library, library.parent / "libother.so")
    monkeypatch.setenv("LD_PRELOAD", str(other))
    monkeypatch.setenv(job_environment.VARIABLE, str(library))
    assert in_a_job("import os; print(os.environ['LD_PRELOAD'])") == f"{library}:{other}"
    mine = shutil.copy(library, library.parent / "libjemalloc.so.2")
    monkeypatch.setenv("LD_PRELOAD", str(mine))
    monkeypatch.delenv(job_environment.VARIABLE)
    job_environment.allocator.cache_clear()
    assert job_environment.allocator()[0] is None and in_a_job(LOADED) == str(mine)


def test_a_process_without_such_a_library_says_so(monkeypatch):
    monkeypatch.setattr(Path, "is_file", lambda path: False)  # a system without /proc
    assert resource_usage.machine()["allocator"] == "C library"


def test_snakemake_gives_jobs_this_environment(monkeypatch):
    monkeypatch.setenv(job_environment.VARIABLE, "off")
    lines = (ROOT / "Snakefile").read_text().split("shell.prefix(")[1].split("\n)")[0]
    prefix = eval(f"({lines})", {"Path": Path, "sys": sys, "shlex": shlex, "job_environment": job_environment})
    done = subprocess.run(["bash", "-c", f"{prefix} env"], capture_output=True, text=True)
    assert {"OMP_WAIT_POLICY=passive", "GOMP_SPINCOUNT=0"} <= set(done.stdout.splitlines())
