"""The environment of the workflow's jobs: how their threads wait, and which library allocates their memory.

Snakemake sets the number of threads of each job (OMP_NUM_THREADS and the like). What is set here in addition changes
the speed of a job and not its result:

- A thread that waits for others sleeps. By default it would test again and again whether it may go on, and would take
  the core from the jobs that share it.
- tcmalloc allocates memory where it is installed, because trainings on a CPU were 3 to 17 % faster with it. The
  variable LATENTMOTION_ALLOCATOR names another library, or is "off".

This module imports nothing heavy.
"""

import os
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path

VARIABLE = "LATENTMOTION_ALLOCATOR"
PASSIVE = {"OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "0"}
NAMES = ("libtcmalloc_minimal.so.4", "libtcmalloc.so.4")  # the first has no profiler and is otherwise the same
C_LIBRARY = "Jobs allocate memory with the C library"


def exports() -> str:
    """A shell command that sets the environment of a job."""
    library, _ = allocator()
    variables = PASSIVE | ({"LD_PRELOAD": _before(library)} if library else {})
    return "export " + " ".join(f"{name}={shlex.quote(value)}" for name, value in variables.items())


def say() -> None:
    """Prints which library allocates the memory of jobs."""
    print(allocator()[1], file=sys.stderr)


@cache
def allocator() -> tuple[str | None, str]:
    """The library to load before all others, or None, and a sentence about it for the user.

    A library that cannot be loaded is not used, and this is no error.
    """
    named, already = os.environ.get(VARIABLE, ""), os.environ.get("LD_PRELOAD", "")
    if named == "off":
        return None, f"{C_LIBRARY}, because {VARIABLE} is off."
    if named:
        if _loads(named):
            return named, f"Jobs allocate memory with {named}, which {VARIABLE} names."
        return None, f"{C_LIBRARY}, because {named}, which {VARIABLE} names, cannot be loaded."
    if "malloc" in already:
        return None, f"Jobs allocate memory with {already}, which LD_PRELOAD names."
    # The dynamic loader looks for a name without a folder where the system and LD_LIBRARY_PATH have libraries.
    for library in (*NAMES, *(str(Path(sys.prefix, "lib", name)) for name in NAMES)):
        if _loads(library):
            return library, f"Jobs allocate memory with {library} ({VARIABLE}=off changes this)."
    return None, f"{C_LIBRARY}; trainings on a CPU are faster with tcmalloc (docs/cost.md)."


def _before(library: str) -> str:
    """LD_PRELOAD with the library in front of what it names already."""
    return ":".join(filter(None, [library, os.environ.get("LD_PRELOAD")]))


def _loads(library: str) -> bool:
    """Whether the dynamic loader can load the library before a program. It only warns where it cannot."""
    done = subprocess.run(["true"], env=os.environ | {"LD_PRELOAD": library}, capture_output=True)
    return done.returncode == 0 and not done.stderr
