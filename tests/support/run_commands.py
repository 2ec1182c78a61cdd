"""Runs verbs, one line of standard input each, in one process: an interpreter that loads torch once, not 300 times.

The lines are the shell commands of Snakemake's jobs, as `snakemake -n -p` prints them.
"""

import shlex
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from latentmotion.cli import app


def verb(line: str) -> list[str]:
    """The words of a job's command that the verb gets: without what waits for a GPU, and without its log."""
    words = shlex.split(line.split(" >> ")[0])
    return words[words.index("latentmotion") + 1 :]


def main() -> None:
    for line in sys.stdin:
        log = Path(line.split(" >> ")[1].split()[0])
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a") as file, redirect_stdout(file), redirect_stderr(file):
            try:
                app(verb(line), standalone_mode=False)
            except BaseException:
                sys.__stderr__.write(f"failed: {line}\n{log.read_text()[-4000:]}\n")
                raise


if __name__ == "__main__":
    main()
