"""The duration of a dry run of Snakemake: `python benchmarks/planning.py [--jobs 2000]`.

It copies the files that planning needs to a temporary folder and gives the scale tiny so many seeds that there are at
least `--jobs` jobs. There it measures `snakemake -n --quiet all` twice, without and with caches. For comparison it
measures a workflow with a single rule, which is the start of Snakemake alone. CPU seconds are those of the process and
depend little on the load of the machine.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
READ = ("Snakefile", "params.yaml", "config", "profiles", "workflow", "src")
EMPTY = 'rule all:\n    output: "x"\n    shell: "touch x"\n'


def planned(folder: Path, *arguments: str) -> tuple[float, float]:
    """Clock seconds and CPU seconds of one dry run."""
    command = [sys.executable, "-m", "snakemake", "-n", "--quiet", *arguments]
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    own = {"PYTHONPATH": str(folder / "src")}
    subprocess.run(command, cwd=folder, env=os.environ | own, check=True, capture_output=True)
    after, end = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    return end - start, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def copied(folder: Path) -> Path:
    """Copies the files that planning needs to the folder."""
    for name in READ:
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy2)(source, folder / name)
    (folder / "data").mkdir()
    for file in (ROOT / "data").glob("*.csv"):
        shutil.copy2(file, folder / "data")
    return folder


def jobs(seeds: int) -> int:
    """The number of jobs of the target `all` with so many seeds."""
    from latentmotion.config import catalogue, params

    found = params.load(ROOT / "params.yaml", overrides={"scale": "tiny", "seeds": list(range(seeds))})
    judges = sum(len(catalogue.judged_labels(found, dataset)) for dataset in catalogue.ids(found).values())
    return 2 * len(catalogue.runs(found)) + 2 * len(found.datasets) + judges + len(found.tables) + len(found.figures)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=2000)
    seeds = next(seeds for seeds in range(1, 10_000) if jobs(seeds) >= parser.parse_args().jobs)
    with tempfile.TemporaryDirectory() as place:
        empty, project = Path(place) / "empty", Path(place) / "project"
        empty.mkdir()
        project.mkdir()
        (empty / "Snakefile").write_text(EMPTY, encoding="utf-8")
        arguments = ["--config", "scale=tiny", f"seeds={json.dumps(list(range(seeds)))}", "--", "all"]
        print(f"{'':34} {'s':>6} {'CPU s':>6}")
        print(f"{'one job':34} {'{:6.1f} {:6.1f}'.format(*planned(empty))}")
        copied(project)
        for time_of in ("the first time", "again"):
            print(f"{f'{jobs(seeds)} jobs, {time_of}':34} {'{:6.1f} {:6.1f}'.format(*planned(project, *arguments))}")


if __name__ == "__main__":
    main()
