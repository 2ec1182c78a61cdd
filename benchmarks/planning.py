"""How long Snakemake plans: `python benchmarks/planning.py [--jobs 2000]`.

Copies what planning reads to a temporary folder, gives scale tiny as many seeds as make that many jobs, and times
`snakemake -n --quiet all` there, twice: first when nothing is known of the folder, then again. A workflow of one rule
shows what Snakemake's start alone takes. CPU seconds are those of the process, whatever else the machine does.
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
    """Seconds on the clock and of CPU that one dry run takes."""
    command = [sys.executable, "-m", "snakemake", "-n", "--quiet", *arguments]
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    own = {"PYTHONPATH": str(folder / "src")}
    subprocess.run(command, cwd=folder, env=os.environ | own, check=True, capture_output=True)
    after, end = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    return end - start, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def copied(folder: Path) -> Path:
    for name in READ:
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy2)(source, folder / name)
    (folder / "data").mkdir()
    for file in (ROOT / "data").glob("*.csv"):
        shutil.copy2(file, folder / "data")
    return folder


def jobs(seeds: int) -> int:
    """Trainings, evaluations and what else `all` asks for."""
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
        (empty / "Snakefile").write_text(EMPTY)
        arguments = ["--config", "scale=tiny", f"seeds={json.dumps(list(range(seeds)))}", "--", "all"]
        print(f"{'':34} {'s':>6} {'CPU s':>6}")
        print(f"{'one job':34} {'{:6.1f} {:6.1f}'.format(*planned(empty))}")
        copied(project)
        for time_of in ("the first time", "again"):
            print(f"{f'{jobs(seeds)} jobs, {time_of}':34} {'{:6.1f} {:6.1f}'.format(*planned(project, *arguments))}")


if __name__ == "__main__":
    main()
