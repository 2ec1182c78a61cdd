"""The checkout under test, and copies of it at scale tiny in which the workflow is run."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PUBLISHED = ROOT / "data/published.csv"
MADE = {".venv", ".git", ".snakemake", "runs", "judges", "state", "logs", "results", "reports", "fingerprints"}
MADE |= {"dvc.lock", "mlflow.db", "mlartifacts"}


@dataclass(frozen=True)
class Project:
    """A checkout of its own: its tools read its sources, not the ones under test."""

    path: Path

    def environment(self) -> dict[str, str]:
        """Variables under which the tools of this Python run the sources of this copy."""
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        sources = os.pathsep.join(filter(None, [str(self.path / "src"), os.environ.get("PYTHONPATH")]))
        own = {"PATH": path, "PYTHONPATH": sources}
        return os.environ | own

    def start(self, *command: str, **environment: str) -> subprocess.Popen:
        return subprocess.Popen(
            command,
            cwd=self.path,
            env=self.environment() | environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def fails(self, *command: str) -> str:
        """Output of a command that must exit with a code other than 0."""
        process = self.start(*command)
        output, _ = process.communicate()
        assert process.returncode != 0, output
        return output

    def run(self, *command: str, **environment: str) -> str:
        process = self.start(*command, **environment)
        output, _ = process.communicate()
        assert process.returncode == 0, output[-6000:]
        return output

    def planned(self, *arguments: str) -> dict[str, int]:
        """Rule -> jobs that Snakemake would run; empty when there is nothing to do."""
        output = self.run("snakemake", "-n", *arguments)
        if "Nothing to be done" in output:
            return {}
        lines = output.split("Job stats:")[1].split("total")[0].splitlines()
        return {line.split()[0]: int(line.split()[1]) for line in lines if line and line.split()[-1].isdigit()}

    def make_in_one_process(self, *targets: str) -> int:
        """Makes what `snakemake` would make, by the same commands in the same order. Returns how many there are.

        A process for each job would load torch for each job, which takes most of the time at scale tiny.
        """
        plan = self.run("snakemake", "-n", "-p", *targets)
        mark = "Shell command: "
        lines = [line for line in plan.splitlines() if line.startswith(mark) and " >> " in line]  # not those of aliases
        commands = list(dict.fromkeys(line.removeprefix(mark) for line in lines))
        done = subprocess.run(
            [sys.executable, str(ROOT / "tests/support/run_commands.py")],
            cwd=self.path,
            env=self.environment(),
            input="\n".join(commands),
            text=True,
            capture_output=True,
        )
        assert done.returncode == 0, done.stderr[-6000:]
        return len(commands)

    def make_all_in_one_process(self) -> int:
        """Makes everything, and tells both tools that it is up to date. Returns how many commands there were."""
        commands = self.make_in_one_process()
        self.run("snakemake", "--touch", "--forceall", "--quiet", "all")
        self.run("latentmotion", "dvc-commit")
        return commands

    def out_of_date(self) -> set[str]:
        """The stages that DVC would run, once the fingerprints are those of the parameters and the code."""
        self.run("dvc", "repro", "fingerprints")
        return set(json.loads(self.run("dvc", "status", "--json").splitlines()[-1]))

    def commit(self) -> None:
        self.run("git", "add", "-A")
        self.run("git", "-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "a commit")

    def edit(self, file: str, old: str, new: str) -> None:
        path = self.path / file
        content = path.read_text()
        assert old in content, f"{file} has no {old!r}"
        path.write_text(content.replace(old, new, 1))


def _made(folder: str, names: list[str]) -> set[str]:
    """What a copy leaves out: caches, and at the top of the project everything that its workflow makes."""
    caches = {name for name in names if name == "__pycache__" or name.endswith(("_cache", ".egg-info"))}
    place = Path(folder)
    if place == ROOT:
        return caches | MADE & set(names)
    made_below = {ROOT / "data": {"raw", "processed"}, ROOT / "benchmarks": {n for n in names if (place / n).is_dir()}}
    return caches | made_below.get(place, set())


def copy(folder: Path) -> Project:
    """The working tree as a repository of its own that names scale tiny."""
    shutil.copytree(ROOT, folder, ignore=_made)
    project = Project(folder)
    text = (folder / "params.yaml").read_text()
    (folder / "params.yaml").write_text(text.replace("scale: quick", "scale: tiny"))
    project.run("git", "init", "-q")
    project.commit()
    return project
